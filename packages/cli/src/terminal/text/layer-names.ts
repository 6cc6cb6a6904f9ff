/** A layer by its place in the network, such as 3, or 3.1 inside of layer 3, and its label, such as dense(784->128). */
export interface LabelledLayer {
  readonly path: string;
  readonly label: string;
  readonly name?: string | undefined; // that its spec gives it
}

/** Names of a network's layers, counted as in messages: 'layer 0 dense', or the name that the spec gives. */
export const layerNames = (layers: readonly LabelledLayer[]): string[] =>
  layers.map(({ path, label, name }) => name ?? `layer ${path} ${label.split('(')[0]}`);
