/**
 * Our declarations and constants beside those of the package whose API this is.
 *
 * **Comes in:** `tim-js-sdk` 2.27.6, its declarations and the values that it has when loaded. **Goes out:** nothing; the
 * compiler refuses this file when an app that compiles with theirs would not with ours, or would get something else. What
 * differs on purpose is listed with its reason; a difference that is gone must leave the list. **Never here:** its functions.
 */
import { describe, expect, expectTypeOf, test } from "vitest";
import Official, {
  type ChatSDK as OfficialSDK, type Conversation as OfficialConversation, type Friend as OfficialFriend,
  type FriendApplication as OfficialFriendApplication, type FriendGroup as OfficialFriendGroup, type Group as OfficialGroup,
  type GroupMember as OfficialGroupMember, type Message as OfficialMessage, type Profile as OfficialProfile,
  type SimplifiedMessage as OfficialSimplifiedMessage, type Topic as OfficialTopic,
} from "tim-js-sdk-official";
import type OurTIM from "../index.d.ts";
import type {
  ChatSDK, Conversation, EventNames, Friend, FriendApplication, FriendGroup, Group, GroupMember, Message, Profile,
  SimplifiedMessage, Topic, TypeName, TypeValues,
} from "../index.d.ts";
import { EVENT, TYPES, VERSION } from "../src/constants";

/** Theirs, in terms that can be compared: an enum is assignable to nothing but itself, though it is the same texts. */
type Plain<T, Constant> = 0 extends 1 & T
  ? any
  : [T, Official.TYPES] extends [Official.TYPES | undefined, T]
    ? Constant | Extract<T, undefined>
    : PlainEach<T, Constant>;
type PlainEach<T, Constant> = T extends String
  ? string
  : T extends Function
    ? T
    : T extends (infer Item)[]
      ? Plain<Item, Constant>[]
      : T extends OfficialMessage
        ? { [Key in keyof T]: Plain<T[Key], TypeName> }
        : T extends object
          ? { [Key in keyof T]: Plain<T[Key], Constant> }
          : T;

/** What an object of theirs is once its enums are names. */
type Held<T> = Plain<T, TypeName>;
/** What may be passed to a function of theirs: each option that takes a constant takes any of them. */
type Passed<Parameters> = { [Position in keyof Parameters]: Plain<Parameters[Position], OurTIM.TYPES> };

/** The names for which theirs cannot be used as ours. */
type Differing<Theirs, Ours> = {
  [Name in keyof Theirs]: Name extends keyof Ours ? ([Theirs[Name]] extends [Ours[Name]] ? never : Name) : Name;
}[keyof Theirs];

/** Promises of theirs say nothing of what they bring, or that they bring nothing. */
type Answer<T> = T extends Promise<unknown> ? Promise<unknown> : Held<T>;

type Callable = (...args: any) => any;

/** Functions of theirs that ours could not be called like. */
type CalledOtherwise = {
  [Name in keyof OfficialSDK]: Name extends keyof ChatSDK
    ? ChatSDK[Name] extends Callable
      ? Passed<Parameters<OfficialSDK[Name]>> extends Parameters<ChatSDK[Name]>
        ? never
        : Name
      : Name
    : Name;
}[keyof OfficialSDK];

/** Functions whose answer an app could not use like theirs. */
type AnsweredOtherwise = {
  [Name in keyof OfficialSDK]: Name extends keyof ChatSDK
    ? ChatSDK[Name] extends Callable
      ? ReturnType<ChatSDK[Name]> extends Answer<ReturnType<OfficialSDK[Name]>>
        ? never
        : Name
      : Name
    : Name;
}[keyof OfficialSDK];

/** The objects that apps hold on to, theirs and ours. */
interface Objects {
  Message: [OfficialMessage, Message];
  SimplifiedMessage: [OfficialSimplifiedMessage, SimplifiedMessage];
  Conversation: [OfficialConversation, Conversation];
  Group: [OfficialGroup, Group];
  GroupMember: [OfficialGroupMember, GroupMember];
  Profile: [OfficialProfile, Profile];
  Friend: [OfficialFriend, Friend];
  FriendApplication: [OfficialFriendApplication, FriendApplication];
  FriendGroup: [OfficialFriendGroup, FriendGroup];
  Topic: [OfficialTopic, Topic];
}
type Lacking = { [Name in keyof Objects]: Objects[Name][1] extends Held<Objects[Name][0]> ? never : Name }[keyof Objects];
type AskingMore = { [Name in keyof Objects]: Held<Objects[Name][0]> extends Objects[Name][1] ? never : Name }[keyof Objects];

/** An enum's values as text, by name. */
type Texts<Enum> = { [Name in keyof Enum]: Enum[Name] extends string | number ? `${Enum[Name]}` : never };

describe("declarations beside the original's", () => {
  test("every function can be called as theirs", () => {
    // Theirs declares one that it does not have: downloadMergerMessage is what it is called.
    expectTypeOf<CalledOtherwise>().toEqualTypeOf<"downloadMergeMessage">();
  });

  test("every function answers what theirs declares", () => {
    expectTypeOf<AnsweredOtherwise>().toEqualTypeOf<"downloadMergeMessage">();
  });

  test("what ours has beyond theirs is what theirs has undeclared, or has since 3.x", () => {
    expectTypeOf<Exclude<keyof ChatSDK, keyof OfficialSDK>>().toEqualTypeOf<
      "once" | "downloadMergerMessage" | "getGroupApplicationList" | "callExperimentalAPI" | "setConversationDraft"
    >();
  });

  test("what an app holds has every declared property, and asks for no other", () => {
    expectTypeOf<Lacking>().toEqualTypeOf<never>();
    expectTypeOf<AskingMore>().toEqualTypeOf<never>();
  });

  test("every event and constant is declared with its value", () => {
    expectTypeOf<Differing<Texts<typeof Official.EVENT>, Texts<EventNames>>>().toEqualTypeOf<never>();
    // Declared 3 and 4; loaded it has 4 and 8, and so must whoever stores a mark.
    expectTypeOf<Differing<Texts<typeof Official.TYPES>, Texts<TypeValues>>>().toEqualTypeOf<
      "CONV_MARK_TYPE_FOLD" | "CONV_MARK_TYPE_HIDE"
    >();
  });

  test("constants serve as types, and names as plain texts", () => {
    expectTypeOf<TypeName>().toExtend<OurTIM.TYPES>();
    expectTypeOf<TypeName>().toExtend<string>();
    expectTypeOf<typeof OurTIM.TYPES.MSG_TEXT>().toExtend<OurTIM.TYPES>();
    expectTypeOf<typeof OurTIM.EVENT.SDK_READY>().toExtend<OurTIM.EVENT>();
  });
});

describe("values beside those of the loaded original", () => {
  test("EVENT and TYPES are equal, declared or not", () => {
    expect(EVENT).toEqual({ ...Official.EVENT });
    expect(TYPES).toEqual({ ...Official.TYPES });
  });

  test("VERSION is equal", () => {
    expect(VERSION).toBe((Official as unknown as { VERSION: string }).VERSION);
  });
});
