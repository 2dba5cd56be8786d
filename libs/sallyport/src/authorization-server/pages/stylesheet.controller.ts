import { Controller, Get, Query, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { AlwaysEnforced } from '../../policy/enforcement.js';
import { Public } from '../../request/public.decorator.js';
import { PageWriter } from './page-writer.js';
import { Stylesheet } from './stylesheet.js';

/** Gives the stylesheet of the pages. */
@AlwaysEnforced()
@Public()
@Controller({ path: 'oauth/assets', version: VERSION_NEUTRAL })
export class StylesheetController {
  constructor(
    private readonly stylesheet: Stylesheet,
    private readonly writer: PageWriter,
  ) {}

  @Get('style.css')
  style(@Query('v') version: unknown, @Res() response: object): void {
    // While a new version is rolled out, a page of one instance may ask another one.
    const isCurrent = version === this.stylesheet.version;
    this.writer.write(response, 200, this.stylesheet.text, {
      'Content-Type': 'text/css; charset=utf-8',
      'Cache-Control': isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache',
      'X-Content-Type-Options': 'nosniff',
    });
  }
}
