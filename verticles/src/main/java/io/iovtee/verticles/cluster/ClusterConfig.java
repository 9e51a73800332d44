// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the configuration says of the cluster.
 *
 * @param name of the cluster; members of another name are not let in
 * @param member this switch's name among the members, unique there
 * @param listen where the others reach this one; one of {@code members}
 * @param members where all of them listen, this one, too; the same list at each
 * @param stateFile where the cluster's rules are kept over a restart; empty to keep them nowhere
 * @param memberTimeoutS seconds without a sign of life after which a member is gone, 2 to 60
 */
public record ClusterConfig(
    String name,
    String member,
    MemberAddress listen,
    List<MemberAddress> members,
    Optional<Path> stateFile,
    int memberTimeoutS) {

  /** More switches than rules are kept the same on by hand. */
  public static final int MEMBERS_MAX = 16;

  public static final int MEMBER_TIMEOUT_S_DEFAULT = 10;
  public static final int MEMBER_TIMEOUT_S_MIN = 2;
  public static final int MEMBER_TIMEOUT_S_MAX = 60;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");

  /**
   * @throws IllegalArgumentException with the key and what is allowed
   */
  public ClusterConfig {
    checkName("name", name);
    checkName("member", member);
    members = List.copyOf(members);
    if (members.isEmpty() || members.size() > MEMBERS_MAX) {
      throw new IllegalArgumentException(
          "members must be 1 to " + MEMBERS_MAX + " addresses: members=" + members);
    }
    if (members.stream().distinct().count() != members.size()) {
      throw new IllegalArgumentException("members names an address twice: members=" + members);
    }
    if (!members.contains(listen)) {
      throw new IllegalArgumentException(
          "members must name all members, this one, too (listen=%s): members=%s"
              .formatted(listen, members));
    }
    for (MemberAddress one : members) {
      if (one.isLoopback() != listen.isLoopback()) {
        throw new IllegalArgumentException(
            "a loopback address is reached from its own machine only: listen=%s, members=%s"
                .formatted(listen, members));
      }
    }
  }

  private static void checkName(String key, String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "%s must be 1 to 63 of A-Z a-z 0-9 _ . -, the first a letter or digit: %s=%s"
              .formatted(key, key, name));
    }
  }

  /**
   * How many members it takes to change the cluster's rules: more than half of those configured. Of
   * two none would be left when one is gone, so there one is enough, and after a split the higher
   * version wins.
   */
  public int quorum() {
    return members.size() <= 2 ? 1 : members.size() / 2 + 1;
  }

  /** The list of members as others can compare it with theirs. */
  String membersText() {
    return String.join(",", members.stream().map(MemberAddress::toString).sorted().toList());
  }
}
