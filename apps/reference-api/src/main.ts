import { SallyportError } from '@sallyport/nest';
import { createReferenceApi } from './app.factory.js';
import { readConfig } from './config.js';
import { howToCall } from './seed/how-to-call.js';

/** How long open requests may take once we were asked to stop. */
const STOP_WITHIN_MILLISECONDS = 10_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const app = await createReferenceApi({ adapter: config.adapter, config });
  app.enableShutdownHooks();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      setTimeout(() => process.exit(1), STOP_WITHIN_MILLISECONDS).unref();
    });
  }
  await app.listen(config.port, config.host);
  if (config.isDevelopment) console.log(howToCall(config.publicOrigin, config.dataDir));
}

main().catch((error: unknown) => {
  const isMistake = error instanceof SallyportError && error.code === 'ERR_OPTIONS_INVALID';
  console.error(isMistake ? `Cannot start: ${error.message}` : error);
  process.exit(1);
});
