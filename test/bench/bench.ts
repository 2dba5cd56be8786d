import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { overHttp } from './http.js';
import { inProcess } from './in-process.js';
import { httpTable, inProcessTable } from './tables.js';
import { tokens } from './tokens.js';

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'string' } },
});
const isWanted = (part: string): boolean => (values.only ?? part) === part;
const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
console.log(`${machine}\n`);

const parts = isWanted('in-process') ? await inProcess() : null;
if (parts !== null) console.log(inProcessTable(parts));
const http = isWanted('http') ? await overHttp() : null;
if (http !== null) console.log(httpTable('over HTTP', 'bare', http));
const issued = isWanted('tokens') ? await tokens() : null;
if (issued !== null) console.log(httpTable('tokens', 'baseline', issued));
if (values.json !== undefined) {
  const results = { machine, inProcess: parts, http, tokens: issued };
  writeFileSync(values.json, JSON.stringify(results, null, 2));
}
