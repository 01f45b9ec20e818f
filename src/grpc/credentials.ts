import { experimental, ServerCredentials } from '@grpc/grpc-js'
import type { Tls, TlsMaterial } from '../tls.ts'

type Identity = Parameters<experimental.CertificateProvider['addIdentityCertificateListener']>[0]
type Authorities = Parameters<experimental.CertificateProvider['addCaCertificateListener']>[0]

/** Returns credentials that follow changes of the certificate files. Open connections stay; new ones get the new certificate. */
export function serverCredentials(tls: Tls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure()
  const provider = new Provider(tls)
  const asks = tls.material.clientCa !== undefined
  return experimental.createCertificateProviderServerCredentials(provider, asks ? provider : null, asks)
}

/** Calls a new listener in a microtask, because the credentials add it before they are ready for calls. */
class Provider implements experimental.CertificateProvider {
  readonly #tls: Tls
  readonly #identities = new Set<Identity>()
  readonly #authorities = new Set<Authorities>()

  constructor(tls: Tls) {
    this.#tls = tls
    tls.onChange((material) => {
      for (const listener of this.#identities) listener(identityOf(material))
      for (const listener of this.#authorities) listener(authoritiesOf(material))
    })
  }

  addIdentityCertificateListener(listener: Identity): void {
    this.#identities.add(listener)
    queueMicrotask(() => listener(identityOf(this.#tls.material)))
  }

  removeIdentityCertificateListener(listener: Identity): void {
    this.#identities.delete(listener)
  }

  addCaCertificateListener(listener: Authorities): void {
    this.#authorities.add(listener)
    queueMicrotask(() => listener(authoritiesOf(this.#tls.material)))
  }

  removeCaCertificateListener(listener: Authorities): void {
    this.#authorities.delete(listener)
  }
}

function identityOf({ certificate, key }: TlsMaterial) {
  return { certificate, privateKey: key }
}

function authoritiesOf({ clientCa }: TlsMaterial) {
  return clientCa === undefined ? null : { caCertificate: clientCa }
}
