// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee token}: makes what a listener elsewhere than on loopback asks for. */
@Command(
    name = "token",
    mixinStandardHelpOptions = true,
    description = "Makes tokens for the HTTP API (plugins.iovtee.http.tokens).")
final class TokenCommand {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._@-]{1,64}");

  /** So that programs that look for lost secrets find it. */
  private static final String PREFIX = "iovtee_";

  /** 256 bits. */
  private static final int LENGTH = 32;

  @Spec private CommandSpec spec = CommandSpec.create();

  /** What a token's owner may do. */
  enum TokenRole {
    read,
    write
  }

  @Command(
      name = "new",
      mixinStandardHelpOptions = true,
      description = {
        "Makes a token, and the line with its hash for the switch's file"
            + " (plugins.iovtee.http.tokens).",
        "For example: iovtee token new --role read --out ci.token ci >> /etc/iovtee/tokens.",
        "The switch reads its file again when it changes. Nobody can make the token from the line."
      })
  int make(
      @Option(
              names = "--role",
              required = true,
              paramLabel = "ROLE",
              description = "read: GET, events, metrics, trace; write: everything")
          TokenRole role,
      @Option(
              names = "--out",
              defaultValue = "",
              paramLabel = "FILE",
              description =
                  "a new file for the token, for you alone; stdout then has the line only (default:"
                      + " both are shown)")
          String file,
      @Parameters(paramLabel = "NAME", description = "whose it is, for the switch's log")
          String name) {
    if (!NAME.matcher(name).matches()) {
      throw new UsageException(
          "a name has letters, digits and . _ @ - and at most 64 of them: " + name);
    }
    byte[] bits = new byte[LENGTH];
    new SecureRandom().nextBytes(bits);
    String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    String line = name + " " + role + " sha256:" + hash(token);
    PrintWriter out = spec.commandLine().getOut();
    if (file.isEmpty()) {
      out.println("token, shown only now: " + token);
      out.println("line for the switch's file: " + line);
    } else {
      save(Path.of(file), token);
      out.println(line);
    }
    out.flush();
    return 0;
  }

  private static void save(Path file, String token) {
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(file, token + "\n");
    } catch (FileAlreadyExistsException e) {
      throw new CommandException("--out: " + file + " is there already", e);
    } catch (IOException e) {
      throw new CommandException("--out: " + file + " can not be written: " + e.getMessage(), e);
    }
  }

  private static String hash(String token) {
    try {
      byte[] text = token.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
