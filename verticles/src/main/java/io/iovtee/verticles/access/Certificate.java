// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

import io.iovtee.verticles.access.Listener.CertificateFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/** The server's certificate with its key, read and found to belong together. */
public final class Certificate {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----([^-]*)-----END \\1PRIVATE KEY-----");

  /** Subject alternative names (RFC 5280, 4.2.1.6): the kind of a DNS name. */
  private static final int DNS_NAME = 2;

  private static final int PROOF_LENGTH = 32;

  private final List<X509Certificate> chain;
  private final KeyManagerFactory keys;
  private final List<String> names;
  private final Optional<TrustManagerFactory> clients;

  private Certificate(
      List<X509Certificate> chain,
      KeyManagerFactory keys,
      List<String> names,
      Optional<TrustManagerFactory> clients) {
    this.chain = chain;
    this.keys = keys;
    this.names = names;
    this.clients = clients;
  }

  static Certificate read(CertificateFiles files) throws CredentialException {
    List<X509Certificate> chain = chain("tls.certificate", files.certificate());
    X509Certificate own = chain.getFirst();
    PrivateKey key = key(files, own.getPublicKey());
    Optional<TrustManagerFactory> clients = Optional.empty();
    if (files.clientCa().isPresent()) {
      clients = Optional.of(trust(chain("tls.client-ca", files.clientCa().get())));
    }
    try {
      return new Certificate(chain, keys(key, chain), names(own), clients);
    } catch (CertificateParsingException e) {
      throw wrong("tls.certificate", files.certificate(), String.valueOf(e.getMessage()));
    }
  }

  private static List<X509Certificate> chain(String key, Path file) throws CredentialException {
    byte[] pem = SecretFile.read(key, file);
    List<X509Certificate> chain = new ArrayList<>();
    try {
      for (java.security.cert.Certificate one :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(pem))) {
        chain.add((X509Certificate) one);
      }
    } catch (CertificateException e) {
      throw wrong(key, file, String.valueOf(e.getMessage()));
    }
    if (chain.isEmpty()) {
      throw wrong(key, file, "there is none");
    }
    return chain;
  }

  private static CredentialException wrong(String key, Path file, String why) {
    return new CredentialException(key, file + " is no PEM certificate: " + why);
  }

  private static PrivateKey key(CertificateFiles files, PublicKey certified)
      throws CredentialException {
    Path file = files.key();
    byte[] pem = SecretFile.readSecret("tls.key", file);
    Matcher block = KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
    if (!block.find() || !block.group(1).isEmpty()) {
      throw wrongKey(
          file,
          "it must be a PEM file with BEGIN PRIVATE KEY (PKCS #8, no password): openssl pkcs8"
              + " -topk8 -nodes -in "
              + file
              + " -out NEW");
    }
    PrivateKey key;
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(block.group(2));
      key =
          KeyFactory.getInstance(certified.getAlgorithm())
              .generatePrivate(new PKCS8EncodedKeySpec(encoded));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw wrongKey(
          file,
          "it is not one of the kind that the certificate has ("
              + certified.getAlgorithm()
              + "), or broken");
    }
    if (!belong(key, certified)) {
      throw wrongKey(file, "it is not the key of " + files.certificate());
    }
    return key;
  }

  private static CredentialException wrongKey(Path file, String why) {
    return new CredentialException("tls.key", file + ": " + why);
  }

  /** A pair of files of which one is new would answer nobody, and clients would not know why. */
  private static boolean belong(PrivateKey key, PublicKey certified) throws CredentialException {
    String algorithm =
        switch (certified.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          case "EdDSA" -> "EdDSA";
          default ->
              throw new CredentialException(
                  "tls.certificate",
                  "a certificate's key is RSA, EC or EdDSA: " + certified.getAlgorithm());
        };
    try {
      byte[] proof = new byte[PROOF_LENGTH];
      new SecureRandom().nextBytes(proof);
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(proof);
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(proof);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static KeyManagerFactory keys(PrivateKey key, List<X509Certificate> chain) {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      char[] password = new char[0]; // in memory only
      store.setKeyEntry("server", key, password, chain.toArray(X509Certificate[]::new));
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(store, password);
      return keys;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("a key store in memory", e);
    }
  }

  private static TrustManagerFactory trust(List<X509Certificate> authorities) {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (X509Certificate authority : authorities) {
        store.setCertificateEntry(String.valueOf(store.size()), authority);
      }
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(store);
      return trust;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("a key store in memory", e);
    }
  }

  private static List<String> names(X509Certificate own) throws CertificateParsingException {
    List<String> names = new ArrayList<>();
    Collection<List<?>> alternatives = own.getSubjectAlternativeNames();
    if (alternatives != null) {
      for (List<?> one : alternatives) {
        if (Integer.valueOf(DNS_NAME).equals(one.get(0))) {
          names.add(String.valueOf(one.get(1)).toLowerCase(Locale.ROOT));
        }
      }
    }
    return List.copyOf(names);
  }

  /** For the server's options. */
  public KeyManagerFactory keys() {
    return keys;
  }

  /** Who signs the certificates that clients must show; empty when they need none. */
  public Optional<TrustManagerFactory> clients() {
    return clients;
  }

  /** Whether clients take it for the server of this DNS name (RFC 9525, 6.3). */
  public boolean isFor(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    int dot = name.indexOf('.');
    return names.contains(name) || (dot > 0 && names.contains("*" + name.substring(dot)));
  }

  /** The DNS names that it has. */
  public List<String> names() {
    return names;
  }

  /** When it ends, milliseconds since 1970. */
  public long endsMs() {
    return chain.getFirst().getNotAfter().getTime();
  }

  /** Subject and end, for the log. */
  @Override
  public String toString() {
    X509Certificate own = chain.getFirst();
    return own.getSubjectX500Principal() + ", until " + own.getNotAfter().toInstant();
  }

  /** Whether it says whose it is in the form that clients read; without any they refuse it. */
  boolean isNamed() {
    try {
      return chain.getFirst().getSubjectAlternativeNames() != null;
    } catch (CertificateParsingException e) {
      return false;
    }
  }
}
