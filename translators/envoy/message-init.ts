import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';

/** The plain object that a message can be created from, without the finished message that is allowed in its place. */
export type MessageInit<Desc extends DescMessage> = Exclude<MessageInitShape<Desc>, { $typeName: string }>;
