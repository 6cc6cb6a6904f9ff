/** A layer by its place in the network, such as 3, or 3.1 inside of layer 3, and its label, such as dense(784->128). */
export interface LabelledLayer {
  readonly path: string;
  readonly label: string;
}

/**
 * Names of a network's layers, by the dense layer that each belongs to: 'hidden layer 17' is the 17th that is dense,
 * 'hidden layer 17 relu' the activation behind it, and the last dense one is the 'output layer'. A name that several
 * would have gets the path behind it, so that each is the name of one.
 */
export function layerNames(layers: readonly LabelledLayer[]): string[] {
  const isDense = layers.map(({ label }) => kindOf(label) === 'dense');
  const last = isDense.lastIndexOf(true);
  let hidden = 0;
  let owner = 'input';
  const names = layers.map(({ label }, k) => {
    if (!isDense[k]) return `${owner} ${kindOf(label)}`;
    if (k !== last) hidden++;
    owner = k === last ? 'output layer' : `hidden layer ${hidden}`;
    return owner;
  });
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return names.map((name, k) => ((counts.get(name) ?? 0) > 1 ? `${name} (${layers[k].path})` : name));
}

const kindOf = (label: string): string => label.split('(')[0];
