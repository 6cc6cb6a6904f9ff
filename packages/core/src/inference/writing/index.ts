export { type GenerateOptions, generateOptions, type Sampling, sampleToken } from './sampling.ts';
export { createWriter, type Draft, type Writer, writeText } from './writer.ts';
