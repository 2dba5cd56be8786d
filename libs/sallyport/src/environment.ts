export type Environment = 'development' | 'production';

/** Only `SALLYPORT_ENV=development` is development; whatever else it says, or if it says nothing, is production. */
export const environmentOf = (variables: NodeJS.ProcessEnv = process.env): Environment =>
  variables.SALLYPORT_ENV === 'development' ? 'development' : 'production';
