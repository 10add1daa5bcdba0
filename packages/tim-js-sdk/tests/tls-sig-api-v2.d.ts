/** The npm package comes without types. */
declare module "tls-sig-api-v2" {
  class Api {
    constructor(sdkAppID: number, key: string);
    genSig(userID: string, expireS: number, userBuffer?: unknown): string;
    genPrivateMapKey(userID: string, expireS: number, roomID: number, privilegeMap: number): string;
  }
  const api: { Api: typeof Api };
  export default api;
}
