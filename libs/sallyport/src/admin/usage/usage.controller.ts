import { Readable } from 'node:stream';
import { Get, Header, Inject, Query, StreamableFile } from '@nestjs/common';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../../credentials/bearer/access-token.options.js';
import { cursorOf, type UsageQuery } from '../../usage/usage-query.js';
import { UsageService } from '../../usage/usage.service.js';
import type { Granularity } from '../../usage/usage.js';
import { AdminController } from '../admin-controller.decorator.js';
import { ADMIN_OPTIONS, type AdminOptions } from '../admin.options.js';
import { DescribeUsageExport, DescribeUsageQuery } from './describe-query.js';
import { readRange } from './read-usage-query.js';
import { decodeCursor, encodeCursor } from './usage-cursor.js';
import { UsageExportDto, UsageQueryDto } from './usage.dto.js';
import { exportFormats, exportOf } from './usage-export.js';
import { viewOf, type UsageView } from './usage.view.js';

interface UsagePage {
  readonly granularity: Granularity;
  /** What the rows cover: the range that was asked for, widened to whole minutes, hours or days. */
  readonly from: string;
  readonly to: string;
  readonly rows: readonly UsageView[];
  /** `after` of the next page; null on the last one. */
  readonly next: string | null;
}

/** Who used what, how often, how fast and how much it weighed. Counts are some seconds old. */
@AdminController('usage')
export class UsageController {
  private readonly issuer: string;

  constructor(
    private readonly usage: UsageService,
    @Inject(ACCESS_TOKEN_OPTIONS) tokens: ResolvedAccessTokenOptions,
    @Inject(ADMIN_OPTIONS) options: AdminOptions,
  ) {
    this.issuer = options.userIssuer ?? tokens.issuer;
  }

  @Get()
  @Header('Cache-Control', 'no-store')
  @DescribeUsageQuery()
  async query(@Query() asked: UsageQueryDto): Promise<UsagePage> {
    const range = readRange(asked, this.issuer);
    const { limit } = asked;
    const after =
      asked.after === undefined ? {} : { after: decodeCursor(asked.after, range.groupBy) };
    const query: UsageQuery = { ...range, ...after, limit: limit + 1 };
    const { from, to } = this.usage.coverage(query);
    const rows = await this.usage.query(query);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      granularity: range.granularity,
      from: from.toISOString(),
      to: to.toISOString(),
      rows: shown.map(viewOf),
      next: rows.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null,
    };
  }

  /** All rows in one file. Its columns are always the same, empty where rows are not grouped by them. */
  @Get('export')
  @Header('Cache-Control', 'no-store')
  @DescribeUsageExport()
  async export(@Query() asked: UsageExportDto): Promise<StreamableFile> {
    const query = { ...readRange(asked, this.issuer), limit: 1 };
    // What is wrong with the question, or with the store, is said before the file begins.
    await this.usage.query(query);
    const format = exportFormats[asked.format];
    const text = exportOf(this.usage.pages(query), query.granularity, format);
    return new StreamableFile(Readable.from(text, { objectMode: false }), {
      type: format.mediaType,
      disposition: `attachment; filename="usage.${asked.format}"`,
    }).setErrorHandler((_error, response) => {
      // Half a file must not look like a whole one.
      response.destroy?.();
    });
  }
}
