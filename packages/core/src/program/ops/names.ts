/** Function name of a part, such as softmaxCrossEntropy for 'softmax-cross-entropy'. */
export const functionName = (name: string): string =>
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** Name of an operation of a user's own part. No backend has a function of such a name. */
export const customOpName = (name: string): string => `own:${name}`;
