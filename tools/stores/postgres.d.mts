export interface FoundPostgres {
  readonly url: string;
  readonly version: string;
  readonly from: string;
  stop(): Promise<void>;
}

export function findPostgres(
  env: Readonly<Record<string, string | undefined>>,
): Promise<FoundPostgres | null>;
