// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tokens that are let in: lines {@code NAME ROLE sha256:HASH}, as {@code iovtee token new}
 * prints them; {@code #} begins a remark.
 *
 * <p>The file has hashes, so whoever sees it can not log in. One round of SHA-256 without salt is
 * enough, unlike for passwords: a token is 256 random bits, and there is no dictionary or table of
 * them to go through. A slow hash would only let strangers keep the event loop busy.
 */
public final class Tokens {
  /** More than people and programs that use one switch: each is compared with each request's. */
  static final int COUNT_MAX = 256;

  private static final Pattern LINE =
      Pattern.compile("([A-Za-z0-9._@-]{1,64})\\s+(\\S+)\\s+sha256:(\\p{XDigit}{64})");

  private final List<Token> tokens;

  private Tokens(List<Token> tokens) {
    this.tokens = List.copyOf(tokens);
  }

  /**
   * Reads the lines of a file.
   *
   * @param file its name, for messages
   */
  static Tokens parse(String text, String file) throws CredentialException {
    List<Token> tokens = new ArrayList<>();
    Set<String> names = new HashSet<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      String bare = line.replaceFirst("#.*", "").strip();
      if (bare.isEmpty()) {
        continue;
      }
      Matcher matcher = LINE.matcher(bare);
      if (!matcher.matches()) {
        // Not the line itself: somebody may have put a token there, and this goes to the log.
        throw wrong(file, number, "a line is: NAME read|write sha256:HASH (iovtee token new)");
      }
      Token token =
          new Token(
              matcher.group(1),
              role(matcher.group(2), file, number),
              matcher.group(3).toLowerCase(Locale.ROOT));
      if (!names.add(token.name())) {
        throw wrong(file, number, "the name is there twice: " + token.name());
      }
      tokens.add(token);
      if (tokens.size() > COUNT_MAX) {
        throw wrong(file, number, "there are more than " + COUNT_MAX + " tokens");
      }
    }
    return new Tokens(tokens);
  }

  private static Role role(String label, String file, int number) throws CredentialException {
    for (Role role : Role.values()) {
      if (role.label().equals(label)) {
        return role;
      }
    }
    throw wrong(file, number, "a role is read or write: " + label);
  }

  private static CredentialException wrong(String file, int number, String why) {
    return new CredentialException("tokens", file + ":" + number + ": " + why);
  }

  public int size() {
    return tokens.size();
  }

  /** The token with this text. Takes as long whichever it is, and whether there is one or not. */
  public Optional<Token> find(String text) {
    byte[] hash = hash(text);
    Optional<Token> found = Optional.empty();
    for (Token token : tokens) {
      if (MessageDigest.isEqual(hash, HexFormat.of().parseHex(token.hash()))) {
        found = Optional.of(token);
      }
    }
    return found;
  }

  /** Whether this token is still in the file as it was. */
  public boolean has(Token token) {
    return tokens.contains(token);
  }

  static byte[] hash(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
