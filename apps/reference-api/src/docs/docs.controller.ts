import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Header, Param, StreamableFile } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public, SallyportError } from '@sallyport/nest';
import { OpenApiDocument } from './open-api-document.js';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Invoices API</title>
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
    <link rel="icon" href="/docs/assets/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n`;

/** The only files of Swagger UI that are served. */
const ASSETS: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', 'text/css'],
  ['swagger-ui-bundle.js', 'text/javascript'],
  ['favicon-32x32.png', 'image/png'],
]);

/** The OpenAPI UI, served by routes of ours so that it passes the pipeline and works on both adapters. */
@ApiExcludeController()
@Public()
@Controller('docs')
export class DocsController {
  private readonly directory = dirname(
    createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'),
  );

  constructor(private readonly document: OpenApiDocument) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return PAGE;
  }

  @Get('start.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  start(): string {
    return START;
  }

  @Get('openapi.json')
  openApi(): object {
    return this.document.value;
  }

  @Get('assets/:name')
  @Header('cache-control', 'public, max-age=3600')
  asset(@Param('name') name: string): StreamableFile {
    const type = ASSETS.get(name);
    if (type === undefined) throw new SallyportError('ERR_NOT_FOUND');
    return new StreamableFile(createReadStream(join(this.directory, name)), { type });
  }
}
