/** A process of its own for each app with the route that is measured: `node route-server.ts '{"app":…}'`, then by messages. */
import { serve, settingsOf } from '../measuring/parent.js';
import type { Started } from '../measuring/side.js';
import { listen, portOf } from './listen.js';
import { appOf, type RouteSettings } from './route-apps.js';

const settings = settingsOf<RouteSettings>();
const { module, credentialsOf } = await appOf(settings);
const app = await listen(module, settings.adapter);
const started: Started = { port: portOf(app), credentials: await credentialsOf(app) };
serve(started, () => app.close());
