// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the members of a cluster meet: who is there, and two small things that all see, as bytes:
 * the rules, and each member's status. What it holds is not the truth, each member keeps the rules
 * itself; here they find each other. Calls may block for seconds, and fail with a {@link
 * RuntimeException} while the network is cut.
 */
interface Meeting extends AutoCloseable {
  /**
   * One that is there.
   *
   * @param key unique among all that ever were
   * @param name of the configuration
   * @param listed {@link ClusterConfig#membersText} of its configuration
   */
  record Member(String key, String name, String address, String listed, boolean isSelf) {}

  /** False when it has ended by itself, for good. */
  boolean isRunning();

  /** The members that this one can reach, itself too, the oldest first. Does not block. */
  List<Member> members();

  /** The rules' bytes; null if nobody has written any. */
  byte @Nullable [] rules();

  /**
   * Writes the rules if they are still what was expected.
   *
   * @return false if they are not
   */
  boolean replaceRules(byte @Nullable [] expected, byte[] next);

  /** What members told of themselves, by name; also of some that are not there any more. */
  Map<String, byte[]> statuses();

  /** Tells the others of this member. */
  void publish(String name, byte[] status);

  /** Takes away what a member that is gone told. */
  void forget(String name);

  @Override
  void close();
}
