import { SetMetadata, type CustomDecorator } from '@nestjs/common';

export const PUBLIC = 'sallyport:public';

/** Opens a route, or all routes of a controller: the only way to do so. Credentials are not read there. */
export const Public = (): CustomDecorator => SetMetadata(PUBLIC, true);
