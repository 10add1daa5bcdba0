/**
 * Code as it stands in apps, after the public login page: it is only compiled, so that the declarations keep taking it.
 *
 * **Never here:** a name that the public API lacks.
 */
import TIM, { type ChatSDK, type Conversation, type Message } from "../index";

export function app(): void {
  const options = { SDKAppID: 0 };
  const tim: ChatSDK = TIM.create(options);
  tim.setLogLevel(0);
  tim.registerPlugin({ "tim-upload-plugin": class {} });
  tim.on(TIM.EVENT.SDK_READY, function (event) {
    event.name satisfies "sdkStateReady";
  });
  tim.on(TIM.EVENT.MESSAGE_RECEIVED, (event) => {
    const list: Message[] = event.data;
    for (const message of list) console.log(message.payload.text, message.from);
  });
  tim.on(TIM.EVENT.CONVERSATION_LIST_UPDATED, ({ data }) => {
    const first: Conversation | undefined = data[0];
    console.log(first?.lastMessage.messageForShow, first?.userProfile.nick);
  });
  const onKickedOut = function (event: any) {
    if (event.data.type === TIM.TYPES.KICKED_OUT_MULT_ACCOUNT) console.log("kicked");
  };
  tim.on(TIM.EVENT.KICKED_OUT, onKickedOut);
  tim.off(TIM.EVENT.KICKED_OUT, onKickedOut);
  const promise = tim.login({ userID: "your userID", userSig: "your userSig" });
  promise
    .then(function (imResponse) {
      if (imResponse.data.repeatLogin === true) console.log(imResponse.data.errorInfo);
    })
    .catch(function (imError) {
      console.warn("login error:", imError);
    });
  const message = tim.createTextMessage({
    to: "user1",
    conversationType: TIM.TYPES.CONV_C2C,
    payload: { text: "Hello world!" },
    needReadReceipt: true,
  });
  void tim.sendMessage(message, { onlineUserOnly: true }).then(({ data: { message: sent } }) => sent.status);
  void tim.getMessageList({ conversationID: "C2Cuser1" }).then(({ data }) => [data.messageList, data.nextReqMessageID, data.isCompleted]);
  void tim.getConversationList().then(({ data }) => data.conversationList.length);
  void tim.updateMyProfile({ nick: "n", gender: TIM.TYPES.GENDER_MALE }).then(({ data }) => data.nick);
  void tim.createGroup({ type: TIM.TYPES.GRP_PUBLIC, name: "n", memberList: [{ userID: "u" }] }).then(({ data }) => data.group.groupID);
  void tim.logout();
  void tim.destroy();
}
