import { suggest } from './nearest.ts';

/** Options by their names in Keras and PyTorch, in small letters without hyphens. */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  biasinitializer: ['biasInit'],
  channels: ['out'],
  dilationrate: ['dilation'],
  embeddingdim: ['width'],
  filters: ['out'],
  infeatures: ['in'],
  initializer: ['init'],
  inputdim: ['vocabulary', 'in'],
  inputshape: ['input'],
  kernelinitializer: ['init'],
  kernelsize: ['kernel', 'size'],
  learningrate: ['lr'],
  negativeslope: ['alpha'],
  neurons: ['out'],
  normalizedshape: ['size'],
  numembeddings: ['vocabulary'],
  numfeatures: ['size'],
  outchannels: ['out'],
  outfeatures: ['out'],
  outputdim: ['width', 'out'],
  outputs: ['out'],
  p: ['rate'],
  poolsize: ['size'],
  rho: ['decay'],
  scalefactor: ['factor'],
  size: ['kernel', 'factor'],
  units: ['out'],
  usebias: ['bias'],
};

const ACTIVATION = ' (an activation is a layer of its own, such as { "kind": "relu" })';

/** `suggest` for the name of an option, which may be that of Keras or PyTorch: ' (did you mean out?)' for 'filters'. */
export function suggestOption(key: string, known: readonly string[]): string {
  const bare = plain(key);
  if (bare === 'activation' && known.includes('out')) return ACTIVATION;
  const own = Object.hasOwn(synonyms, bare) ? synonyms[bare].map(plain) : [];
  const meant = own.flatMap((word) => known.filter((name) => plain(name) === word)).at(0);
  return meant === undefined ? suggest(key, known) : ` (did you mean ${meant}?)`;
}

const plain = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase();
