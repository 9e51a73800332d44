// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/** What a command shows of itself to a switch that asks its clients for a certificate. */
final class ClientCertificate {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

  private ClientCertificate() {}

  /**
   * Reads a certificate, those between it and its authority, and its key.
   *
   * @throws UsageException when the file has not got both in the form that is read
   */
  static KeyManager[] read(String file) throws GeneralSecurityException {
    List<Certificate> chain = new ArrayList<>();
    byte[] key = new byte[0];
    try {
      Matcher block = BLOCK.matcher(Files.readString(Path.of(file), StandardCharsets.ISO_8859_1));
      while (block.find()) {
        byte[] content = Base64.getMimeDecoder().decode(block.group(2));
        switch (block.group(1)) {
          case "CERTIFICATE" ->
              chain.add(
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(content)));
          case "PRIVATE KEY" -> key = content;
          default -> throw wrong(file, "it has a " + block.group(1));
        }
      }
      if (chain.isEmpty() || key.length == 0) {
        throw wrong(file, chain.isEmpty() ? "there is no certificate" : "there is no key");
      }
      String kind = chain.getFirst().getPublicKey().getAlgorithm();
      return keys(
          KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(key)), chain);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw wrong(file, String.valueOf(e.getMessage()));
    }
  }

  private static KeyManager[] keys(PrivateKey key, List<Certificate> chain)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    char[] password = new char[0]; // in memory only
    store.setKeyEntry("own", key, password, chain.toArray(Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, password);
    return keys.getKeyManagers();
  }

  private static UsageException wrong(String file, String why) {
    return new UsageException(
        "--cert (or IOVTEE_CERT): "
            + file
            + " must have a PEM certificate and its key (PKCS #8, no password): "
            + why);
  }
}
