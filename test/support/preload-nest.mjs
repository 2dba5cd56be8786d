// @nestjs/throttler is CommonJS and requires Nest, which is ESM only: Jest can do that once Nest has been evaluated.
import '@nestjs/common';
import '@nestjs/core';
