import { ConfigurableModuleBuilder, type DynamicModule, type Type } from '@nestjs/common';
import { SALLYPORT_OPTIONS, type SallyportOptions } from './sallyport.options.js';
import { memoryStores } from './stores/memory/memory-stores.module.js';

/** What is switched on. Known when modules are wired, so given in plain, even to forRootAsync. */
export interface SallyportStructure {
  /** Where state is kept: `productionStores(…)` or `embeddedStores(…)`. @default memory, refused in production */
  readonly stores?: Type | DynamicModule;
}

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<SallyportOptions>({ optionsInjectionToken: SALLYPORT_OPTIONS })
    .setClassMethodName('forRoot')
    .setExtras<SallyportStructure>({}, (definition, { stores = memoryStores() }) => ({
      ...definition,
      global: true,
      imports: [...(definition.imports ?? []), stores],
      exports: [...(definition.exports ?? []), stores],
    }))
    .build();
