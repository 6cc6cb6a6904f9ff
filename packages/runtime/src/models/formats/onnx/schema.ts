import { create, createFileRegistry, type DescMessage, fromJson, toBinary } from '@bufbuild/protobuf';
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
    i: [3, 'int64'],
    s: [4, 'bytes'],
    g: [6, 'GraphProto'],
    ints: [8, 'int64[]'],
    strings: [9, 'bytes[]'],
    type: [20, 'int32'], // an enum, encoded as int32
  },
  TensorProto: {
    dims: [1, 'int64[]'],
    data_type: [2, 'int32'],
    string_data: [6, 'bytes[]'],
    name: [8, 'string'],
    raw_data: [9, 'bytes'],
  },
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
export const elementTypes = { float: 1, int64: 7, string: 8, bool: 9, double: 11 } as const;

export type ElementType = keyof typeof elementTypes;

/** Kinds of attributes (AttributeProto.AttributeType). */
export const attributeTypes = { int: 2, string: 3, graph: 5, ints: 7, strings: 8 } as const;

export const encodeModel = (model: Message<'ModelProto'>): Uint8Array =>
  toBinary(modelProto(), create(modelProto(), model as Record<string, unknown>));

let cachedModelProto: DescMessage | undefined;

function modelProto(): DescMessage {
  if (cachedModelProto !== undefined) return cachedModelProto;
  const file = fromJson(FileDescriptorProtoSchema, {
    name: 'onnx.proto',
    package: 'onnx',
    syntax: 'proto2',
    messageType: Object.entries(messages).map(([name, fields]) => ({ name, field: fieldsOf(fields) })),
  });
  cachedModelProto = createFileRegistry(file, () => undefined).getMessage('onnx.ModelProto');
  if (cachedModelProto === undefined) throw new Error('onnx: the schema has no ModelProto, expected it');
  return cachedModelProto;
}

const fieldsOf = (fields: Readonly<Record<string, readonly [number, string]>>) =>
  Object.entries(fields).map(([name, [number, type]]) => {
    const item = type.replace('[]', '');
    const label = item === type ? 'LABEL_OPTIONAL' : 'LABEL_REPEATED';
    const kind =
      item in messages ? { type: 'TYPE_MESSAGE', typeName: `.onnx.${item}` } : { type: `TYPE_${item.toUpperCase()}` };
    return { name, number, label, ...kind };
  });
