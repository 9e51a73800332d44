// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.FlowTable.ExpiryReason;
import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.RuleRow;
import io.iovtee.vswitch.datapath.FlowProgram;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rule in the switch's table: its age, the index that loops find it by, and what it counted.
 * Loops count by index and never start again, so a row knows what had been counted there before it
 * came, and what it had counted itself under other indexes. Control thread.
 */
final class TableRow extends RuleRow {
  private long addedNs = System.nanoTime();
  private long changedNs = addedNs;

  /** When the packets were first seen to be as many as they were at the last look. */
  private long usedNs = addedNs;

  private long packetsThen;

  /** -1 until loops can find the rule. */
  private int index = -1;

  /** To be added to what loops have counted under the index; may be negative. */
  private long packetsBefore;

  private long bytesBefore;

  TableRow(long id, FlowRule rule) {
    super(id, rule);
  }

  int index() {
    return index;
  }

  /**
   * Has no index any more.
   *
   * @param packets what loops have counted under the one it had, by a reading that {@link #addLate}
   *     is told again: loops may still count there
   */
  void leave(long packets, long bytes) {
    packetsBefore += packets;
    bytesBefore += bytes;
    index = -1;
  }

  /** Goes on under another index, which no loop finds yet. */
  void moveTo(int next, List<FlowProgram> programs) {
    packetsBefore = packets(programs) - countedPackets(next, programs);
    bytesBefore = bytes(programs) - countedBytes(next, programs);
    index = next;
  }

  /**
   * What it had under the index that it has left, which loops may have counted for until now.
   *
   * @param left the index, which no loop finds any more
   * @param packets what loops had counted for it when it was left
   */
  void addLate(int left, long packets, long bytes, List<FlowProgram> programs) {
    packetsBefore += countedPackets(left, programs) - packets;
    bytesBefore += countedBytes(left, programs) - bytes;
  }

  long packets(List<FlowProgram> programs) {
    return packetsBefore + countedPackets(index, programs);
  }

  long bytes(List<FlowProgram> programs) {
    return bytesBefore + countedBytes(index, programs);
  }

  static long countedPackets(int index, List<FlowProgram> programs) {
    long sum = 0;
    for (int i = 0; i < programs.size() && index >= 0; i++) {
      sum += programs.get(i).packets(index);
    }
    return sum;
  }

  static long countedBytes(int index, List<FlowProgram> programs) {
    long sum = 0;
    for (int i = 0; i < programs.size() && index >= 0; i++) {
      sum += programs.get(i).bytes(index);
    }
    return sum;
  }

  /** It was added again: its age and its timeouts begin anew. */
  void addAgain(long nowNs) {
    addedNs = nowNs;
    changedNs = nowNs;
    usedNs = nowNs;
  }

  /** As in OVS a change of actions begins the hard timeout anew, but is no use of the rule. */
  void modify(long nowNs) {
    changedNs = nowNs;
  }

  /** Looks whether it decided frames since the last look. */
  void look(long nowNs, List<FlowProgram> programs) {
    long packets = packets(programs);
    if (packets != packetsThen) {
      packetsThen = packets;
      usedNs = nowNs;
    }
  }

  /** Whether it is time for it to go; null if not. What decides is the last look. */
  @Nullable ExpiryReason expiry(long nowNs) {
    long hardS = rule().hardTimeoutS();
    long idleS = rule().idleTimeoutS();
    if (hardS != 0 && nowNs - changedNs >= hardS * 1_000_000_000) {
      return ExpiryReason.HARD_TIMEOUT;
    }
    boolean idle = idleS != 0 && nowNs - usedNs >= idleS * 1_000_000_000;
    return idle ? ExpiryReason.IDLE_TIMEOUT : null;
  }

  FlowEntry entry(List<FlowProgram> programs) {
    long nowNs = System.nanoTime();
    look(nowNs, programs);
    return new FlowEntry(
        id(),
        rule(),
        packets(programs),
        bytes(programs),
        (nowNs - addedNs) / 1_000_000,
        (nowNs - usedNs) / 1_000_000);
  }
}
