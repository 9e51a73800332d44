// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/** An authority of the test's own, and certificates that it signs, made by the JDK's keytool. */
public final class TestCertificates {
  private static final String PASSWORD = "changeit";
  private static final int LINE_LENGTH = 64;

  private final Path directory;
  private final Path store;
  private final Path authority;

  /**
   * A certificate and its key, as PEM files.
   *
   * @param key for its owner alone
   */
  public record Issued(Path certificate, Path key) {}

  /**
   * Makes the authority.
   *
   * @param directory for all files
   */
  public TestCertificates(Path directory) {
    this.directory = directory;
    store = directory.resolve("authority.p12");
    keytool("authority", "-dname", "CN=Test authority", "-ext", "bc:c", "-validity", "30");
    authority = write("authority").certificate();
  }

  /** PEM file of the authority's certificate. */
  public Path authority() {
    return authority;
  }

  /**
   * A certificate that is valid for a month.
   *
   * @param file begin of its files' names
   * @param names as keytool writes them: {@code dns:localhost,ip:127.0.0.1}
   */
  public Issued issue(String file, String names) {
    return issue(file, names, "-1H", 30);
  }

  /**
   * As above, for any time.
   *
   * @param from as keytool writes it: {@code -2d}
   * @param days how long it is valid
   */
  public Issued issue(String file, String names, String from, int days) {
    keytool(
        file,
        "-dname",
        "CN=" + file,
        "-signer",
        "authority",
        "-ext",
        "san=" + names,
        "-startdate",
        from,
        "-validity",
        String.valueOf(days));
    return write(file);
  }

  /**
   * For a client that shows a certificate that was issued here.
   *
   * @param file as it was issued
   */
  public KeyManager[] keys(String file) {
    try (InputStream in = Files.newInputStream(store)) {
      char[] password = PASSWORD.toCharArray();
      KeyStore all = KeyStore.getInstance("PKCS12");
      all.load(in, password);
      KeyStore one = KeyStore.getInstance("PKCS12");
      one.load(null, null);
      one.setKeyEntry(file, all.getKey(file, password), password, all.getCertificateChain(file));
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(one, password);
      return keys.getKeyManagers();
    } catch (IOException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private void keytool(String alias, String... more) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-alias", alias, "-keyalg", "EC"));
    command.addAll(List.of("-groupname", "secp256r1", "-storepass", PASSWORD));
    command.addAll(List.of("-keystore", store.toString()));
    command.addAll(List.of(more));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new AssertionError(command + ": " + said);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private Issued write(String alias) {
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, PASSWORD.toCharArray());
      Path certificate = directory.resolve(alias + ".pem");
      Files.writeString(certificate, pem("CERTIFICATE", keys.getCertificate(alias).getEncoded()));
      Path key = directory.resolve(alias + ".key");
      byte[] secret = keys.getKey(alias, PASSWORD.toCharArray()).getEncoded();
      Files.writeString(key, pem("PRIVATE KEY", secret));
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
      return new Issued(certificate, key);
    } catch (IOException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String pem(String kind, byte[] encoded) {
    String body = Base64.getMimeEncoder(LINE_LENGTH, new byte[] {'\n'}).encodeToString(encoded);
    return "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n";
  }
}
