/**
 * Values in messages between threads. A view becomes its buffer, offset, length and type: Deno copies a posted view
 * element by element, 0.2 µs each, and a dataset has millions.
 */
export type Packed<T> = T & { readonly [packed]?: true };
declare const packed: unique symbol;

const views = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};
type View = InstanceType<(typeof views)[keyof typeof views]>;

/** A key that no spec, dataset or configuration has. */
const VIEW = 'gradloom view';

interface PackedView {
  readonly [VIEW]: keyof typeof views;
  readonly buffer: unknown;
  readonly byteOffset: number;
  readonly length: number;
}

/** Replaces all views in a value, and by `replace` all objects that are neither lists nor records, such as buffers. */
export function pack<T>(value: T, replace: (object: object) => unknown = (object) => object): Packed<T> {
  const packedOf = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(packedOf);
    if (isView(part)) {
      const { buffer, byteOffset, length } = part;
      return { [VIEW]: nameOf(part), buffer: replace(buffer), byteOffset, length } satisfies PackedView;
    }
    return isRecord(part) ? mapValues(part, packedOf) : replace(part);
  };
  return packedOf(value) as Packed<T>;
}

/** Restores the value with new views of the same memory. `restore` undoes `replace`. */
export function unpack<T>(value: Packed<T>, restore: (placeholder: unknown) => unknown = (object) => object): T {
  const unpackedOf = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(unpackedOf);
    if (VIEW in part) {
      const { [VIEW]: name, buffer, byteOffset, length } = part as PackedView;
      return new views[name](restore(buffer) as ArrayBuffer, byteOffset, length);
    }
    const restoredPart = restore(part);
    return restoredPart === part && isRecord(part) ? mapValues(part, unpackedOf) : restoredPart;
  };
  return unpackedOf(value) as T;
}

const isView = (value: object): value is View => ArrayBuffer.isView(value) && !(value instanceof DataView);

/** Type of a view; a Node Buffer counts as a Uint8Array. */
const nameOf = (view: View): keyof typeof views => {
  const tag = view[Symbol.toStringTag];
  if (Object.hasOwn(views, tag)) return tag;
  throw new Error(`pack: view has type ${tag}, expected one of ${Object.keys(views).join(', ')}`);
};

function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const mapValues = (record: Record<string, unknown>, convert: (part: unknown) => unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).map(([key, part]) => [key, convert(part)]));
