import { call } from '@xboxreplay/xboxlive-api'
// @ts-expect-error: the package comes without types.
import xboxWebApi from 'xbox-webapi'

/** The achievements part of xbox-webapi, which has no types. */
interface AchievementsProvider {
  _endpoint: string
  getTitleId(titleId: string, continuationToken?: string | number): Promise<unknown>
  getTitleId360(titleId: string): Promise<unknown>
  getTitleAchievements(continuationToken?: string | number): Promise<unknown>
  getTitleAchievements360(): Promise<unknown>
}

type Connect = (config: { readonly userToken: string; readonly uhs: string }) => {
  readonly _authentication: { _user: { readonly xid: string; readonly uhs: string } }
  getProvider(name: 'achievements'): AchievementsProvider
}

const connect = xboxWebApi as Connect

/** The client of the npm package xbox-webapi, signed in as a player, with a server as its endpoint. */
export function openXboxWebApi(endpoint: string, xid: string, token = 'token'): AchievementsProvider {
  const client = connect({ userToken: token, uhs: 'hash' })
  client._authentication._user = { xid, uhs: 'hash' }
  const provider = client.getProvider('achievements')
  provider._endpoint = endpoint
  return provider
}

/** The one of @xboxreplay/xboxlive-api. */
export function openXboxReplay(endpoint: string, token = 'token') {
  const authorization = { userHash: 'hash', XSTSToken: token }
  return {
    get: (path: string, params: Readonly<Record<string, string | number>> = {}, contract = 2) =>
      call<unknown>({ url: endpoint + path, params }, authorization, contract),
    post: (path: string, data: object, contract = 2) =>
      call<unknown>({ url: endpoint + path, method: 'POST', data }, authorization, contract),
  }
}
