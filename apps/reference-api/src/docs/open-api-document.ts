import { Injectable, type INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { API_KEY, USER_TOKEN } from './security-schemes.js';

/** The OpenAPI description of the running app: made once all routes are known, before it listens. */
@Injectable()
export class OpenApiDocument {
  private document: OpenAPIObject | null = null;

  describe(app: INestApplication, server: string): void {
    const config = new DocumentBuilder()
      .setOpenAPIVersion('3.1.0')
      .setTitle('Invoices API')
      .setDescription('Knows which app is calling, and which user it acts for.')
      .setVersion('1')
      .addServer(server)
      .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, API_KEY)
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, USER_TOKEN)
      .build();
    this.document = SwaggerModule.createDocument(app, config);
  }

  get value(): OpenAPIObject {
    if (this.document === null) throw new TypeError('OpenApiDocument.describe was not called');
    return this.document;
  }
}
