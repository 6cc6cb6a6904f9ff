/** 'softmax-cross-entropy' as softmaxCrossEntropy, the name of a function. */
export const functionName = (name: string): string =>
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** The name of a user's own operations: no backend has one under it. */
export const ownName = (name: string): string => `own:${name}`;
