import { Injectable, type INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { RoutePolicies } from '@sallyport/nest';
import {
  ACCESS_TOKEN,
  API_KEY,
  BOUND_TOKEN,
  operationSecurity,
  SIGNATURE,
} from './operation-security.js';

/** The OpenAPI description of the running app: made once all routes are known, before it listens. */
@Injectable()
export class OpenApiDocument {
  private document: OpenAPIObject | null = null;

  constructor(private readonly policies: RoutePolicies) {}

  describe(app: INestApplication, server: string): void {
    const config = new DocumentBuilder()
      .setOpenAPIVersion('3.1.0')
      .setTitle('Invoices API')
      .setDescription('Knows which app is calling, and which user it acts for.')
      .setVersion('1')
      .addServer(server)
      .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, API_KEY)
      .addApiKey(
        {
          type: 'apiKey',
          in: 'header',
          name: 'Signature',
          description: 'HTTP message signature (RFC 9421) with Signature-Input and Content-Digest.',
        },
        SIGNATURE,
      )
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, ACCESS_TOKEN)
      .addSecurity(BOUND_TOKEN, { type: 'http', scheme: 'dpop', bearerFormat: 'JWT' })
      .build();
    const document = SwaggerModule.createDocument(app, config, {
      operationIdFactory: (controller, method) => `${controller}.${method}`,
    });
    this.secure(document);
    this.document = document;
  }

  get value(): OpenAPIObject {
    if (this.document === null) throw new TypeError('OpenApiDocument.describe was not called');
    return this.document;
  }

  private secure({ paths }: OpenAPIObject): void {
    const policies = new Map(this.policies.list().map((policy) => [policy.route, policy]));
    for (const { get, post, put, patch, delete: remove, options } of Object.values(paths)) {
      for (const operation of [get, post, put, patch, remove, options]) {
        const policy = policies.get(routeOf(operation?.operationId));
        if (operation && policy) operation.security = operationSecurity(policy);
      }
    }
  }
}

/** A handler with several paths is described once for each: `Controller.method[0]`, `[1]` … */
const routeOf = (operationId = ''): string => operationId.replace(/\[\d+\]$/, '');
