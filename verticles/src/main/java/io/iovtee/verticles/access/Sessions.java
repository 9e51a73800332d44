// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Browsers that have shown a token. A session is known by 256 random bits, ends after a fixed time
 * or with its token, and lives in memory only. One event loop.
 */
public final class Sessions {
  /** Browsers at one time; one more ends the oldest. */
  public static final int COUNT_MAX = 64;

  /** A working day: then the token is asked for again. */
  public static final long LIFETIME_MS = 12L * 3600 * 1000;

  private static final int ID_LENGTH = 32;

  private final SecureRandom random = new SecureRandom();
  private final LongSupplier clockMs;

  /** By the hash of the id: how long a look-up takes says nothing about ids. Oldest first. */
  private final Map<String, Session> sessions = new LinkedHashMap<>();

  /**
   * One browser.
   *
   * @param endsMs milliseconds since 1970
   */
  public record Session(Token token, long endsMs) {}

  /**
   * @param clockMs milliseconds since 1970
   */
  public Sessions(LongSupplier clockMs) {
    this.clockMs = clockMs;
  }

  /** Begins a session; returns its id, which only the browser knows. */
  public String begin(Token token) {
    long now = clockMs.getAsLong();
    sessions.values().removeIf(session -> session.endsMs() <= now);
    Iterator<String> oldest = sessions.keySet().iterator();
    for (int more = sessions.size() - COUNT_MAX; more >= 0; more--) {
      oldest.next();
      oldest.remove();
    }
    byte[] id = new byte[ID_LENGTH];
    random.nextBytes(id);
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(id);
    sessions.put(key(text), new Session(token, now + LIFETIME_MS));
    return text;
  }

  /** The session with this id, unless its time is over. */
  public Optional<Session> find(String id) {
    return Optional.ofNullable(sessions.get(key(id)))
        .filter(session -> session.endsMs() > clockMs.getAsLong());
  }

  public void end(String id) {
    sessions.remove(key(id));
  }

  /** Sessions that are remembered. */
  int size() {
    return sessions.size();
  }

  private static String key(String id) {
    return HexFormat.of().formatHex(Tokens.hash(id));
  }
}
