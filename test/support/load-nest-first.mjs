// @nestjs/throttler is CommonJS and requires Nest, which is ESM. Jest refuses that while Nest is itself still
// being loaded by the same import, so every test file finds Nest loaded. Node itself needs no such order.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
