import { create, createFileRegistry, type DescMessage, fromBinary, fromJson, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/**
 * The used part of ONNX's schema: message, field, number and type; '[]' is a repeated field.
 * [onnx.proto](https://github.com/onnx/onnx/blob/main/onnx/onnx.proto)
 */
const messages = {
  ModelProto: {
    ir_version: [1, 'int64'],
    opset_import: [8, 'OperatorSetIdProto[]'],
    producer_name: [2, 'string'],
    graph: [7, 'GraphProto'],
    metadata_props: [14, 'StringStringEntryProto[]'],
  },
  OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
  StringStringEntryProto: { key: [1, 'string'], value: [2, 'string'] },
  GraphProto: {
    node: [1, 'NodeProto[]'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto[]'],
    sparse_initializer: [15, 'SparseTensorProto[]'],
    input: [11, 'ValueInfoProto[]'],
    output: [12, 'ValueInfoProto[]'],
  },
  NodeProto: {
    input: [1, 'string[]'],
    output: [2, 'string[]'],
    name: [3, 'string'],
    op_type: [4, 'string'],
    attribute: [5, 'AttributeProto[]'],
    domain: [7, 'string'],
  },
  AttributeProto: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    t: [5, 'TensorProto'],
    g: [6, 'GraphProto'],
    floats: [7, 'float[]'],
    ints: [8, 'int64[]'],
    strings: [9, 'bytes[]'],
    type: [20, 'int32'], // an enum, encoded as int32
  },
  TensorProto: {
    dims: [1, 'int64[]'],
    data_type: [2, 'int32'],
    float_data: [4, 'float[]'],
    int32_data: [5, 'int32[]'],
    string_data: [6, 'bytes[]'],
    int64_data: [7, 'int64[]'],
    name: [8, 'string'],
    raw_data: [9, 'bytes'],
    double_data: [10, 'double[]'],
    uint64_data: [11, 'uint64[]'],
    external_data: [13, 'StringStringEntryProto[]'],
    data_location: [14, 'int32'], // an enum: 1 where the numbers are in another file
  },
  SparseTensorProto: { values: [1, 'TensorProto'] },
  ValueInfoProto: { name: [1, 'string'], type: [2, 'TypeProto'], doc_string: [3, 'string'] },
  TypeProto: { tensor_type: [1, 'TensorTypeProto'] },
  TensorTypeProto: { elem_type: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
  TensorShapeProto: { dim: [1, 'DimensionProto[]'] },
  DimensionProto: { dim_value: [1, 'int64'], dim_param: [2, 'string'] },
} as const;

type Messages = typeof messages;

interface Scalars {
  int32: number;
  int64: bigint;
  uint64: bigint;
  float: number;
  double: number;
  string: string;
  bytes: Uint8Array;
}

type FieldOf<T> = T extends `${infer One}[]`
  ? readonly FieldOf<One>[]
  : T extends keyof Scalars
    ? Scalars[T]
    : T extends keyof Messages
      ? Message<T>
      : never;

type CamelCase<T extends string> = T extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : T;

/** A message as an object; every field is optional. */
export type Message<Name extends keyof Messages> = {
  readonly [Field in keyof Messages[Name] & string as CamelCase<Field>]?: Messages[Name][Field] extends readonly [
    number,
    infer Type,
  ]
    ? FieldOf<Type>
    : never;
};

/** Element types of tensors (TensorProto.DataType). */
export const elementTypes = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

export type ElementType = keyof typeof elementTypes;

/** Kinds of attributes (AttributeProto.AttributeType). */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

export const encodeModel = (model: Message<'ModelProto'>): Uint8Array =>
  toBinary(protoOf('ModelProto'), create(protoOf('ModelProto'), model as Record<string, unknown>));

/** The message in bytes; `raw_data` are views of them. @throws Error if they are none */
export const decodeMessage = <Name extends keyof Messages>(name: Name, bytes: Uint8Array): Message<Name> =>
  fromBinary(protoOf(name), bytes, { readUnknownFields: false }) as unknown as Message<Name>;

let registry: ReturnType<typeof createFileRegistry> | undefined;

function protoOf(name: keyof Messages): DescMessage {
  registry ??= createRegistry();
  const message = registry.getMessage(`onnx.${name}`);
  if (message === undefined) throw new Error(`onnx: the schema has no ${name}, expected it`);
  return message;
}

function createRegistry(): ReturnType<typeof createFileRegistry> {
  const file = fromJson(FileDescriptorProtoSchema, {
    name: 'onnx.proto',
    package: 'onnx',
    syntax: 'proto2',
    messageType: Object.entries(messages).map(([name, fields]) => ({ name, field: fieldsOf(fields) })),
  });
  return createFileRegistry(file, () => undefined);
}

const fieldsOf = (fields: Readonly<Record<string, readonly [number, string]>>) =>
  Object.entries(fields).map(([name, [number, type]]) => {
    const item = type.replace('[]', '');
    const label = item === type ? 'LABEL_OPTIONAL' : 'LABEL_REPEATED';
    const kind =
      item in messages ? { type: 'TYPE_MESSAGE', typeName: `.onnx.${item}` } : { type: `TYPE_${item.toUpperCase()}` };
    return { name, number, label, ...kind };
  });
