import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { overHttp } from './http.js';
import { inProcess } from './in-process.js';
import { httpTable, inProcessTable } from './tables.js';

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'string' } },
});
const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
console.log(`${machine}\n`);

const parts = values.only === 'http' ? null : await inProcess();
if (parts !== null) console.log(inProcessTable(parts));
const http = values.only === 'in-process' ? null : await overHttp();
if (http !== null) console.log(httpTable(http));
if (values.json !== undefined) {
  writeFileSync(values.json, JSON.stringify({ machine, inProcess: parts, http }, null, 2));
}
