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
  private static final long NS_PER_S = 1_000_000_000;

  private long addedNs = System.nanoTime();
  private long changedNs = addedNs;

  /** When it was added, or last decided a frame under an index that it has left. */
  private long usedBeforeNs = addedNs;

  /** The second in which its timeouts are looked at; see {@link RuleTimeouts}. */
  long dueS = RuleTimeouts.NEVER;

  /** -1 until loops can find the rule. */
  private int index = -1;

  /** To be added to what loops have counted under the index; may be negative. */
  private long packetsBefore;

  private long bytesBefore;

  /** What loops had counted under the index when the row came there; see {@link #usedNs}. */
  private long countedAtMove;

  TableRow(long id, FlowRule rule) {
    super(id, rule);
  }

  int index() {
    return index;
  }

  /**
   * An index that a row has left.
   *
   * @param countedAtMove frames that loops had counted there when the row came
   * @param packets frames that they had counted there when it left
   * @param bytes the same of bytes
   */
  record Left(TableRow row, int index, long countedAtMove, long packets, long bytes) {}

  /** Has no index any more. Loops may still count there: {@link #addLate} is to follow. */
  Left leave(List<FlowProgram> programs) {
    long packets = countedPackets(index, programs);
    long bytes = countedBytes(index, programs);
    Left left = new Left(this, index, countedAtMove, packets, bytes);
    packetsBefore += packets;
    bytesBefore += bytes;
    index = -1;
    countedAtMove = 0;
    return left;
  }

  /** Goes on under another index, which no loop finds yet. */
  void moveTo(int next, List<FlowProgram> programs) {
    countedAtMove = countedPackets(next, programs);
    packetsBefore = packets(programs) - countedAtMove;
    bytesBefore = bytes(programs) - countedBytes(next, programs);
    index = next;
  }

  /**
   * What it had under the index that it has left, which loops may have counted for until now; no
   * loop finds it any more.
   */
  void addLate(Left left, List<FlowProgram> programs) {
    packetsBefore += countedPackets(left.index, programs) - left.packets;
    bytesBefore += countedBytes(left.index, programs) - left.bytes;
    usedBeforeNs = lastUse(left.index, left.countedAtMove, programs);
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
    usedBeforeNs = nowNs;
  }

  /** As in OVS a change of actions begins the hard timeout anew, but is no use of the rule. */
  void modify(long nowNs) {
    changedNs = nowNs;
  }

  /** When it last decided a frame, or was added. */
  private long usedNs(List<FlowProgram> programs) {
    return lastUse(index, countedAtMove, programs);
  }

  /**
   * Loops note the last use by index, too, and never take it back. So it is this row's only if they
   * have counted there since the row came; before, it was another row's.
   */
  private long lastUse(int at, long countedBefore, List<FlowProgram> programs) {
    long lastNs = usedBeforeNs;
    if (countedPackets(at, programs) != countedBefore) {
      for (FlowProgram program : programs) {
        lastNs = Math.max(lastNs, program.usedNs(at));
      }
    }
    return lastNs;
  }

  boolean hasTimeouts() {
    return rule().hardTimeoutS() != 0 || rule().idleTimeoutS() != 0;
  }

  /** When it is time for it to go, unless it decides another frame. Only if it has timeouts. */
  long dueNs(List<FlowProgram> programs) {
    long hardS = rule().hardTimeoutS();
    long idleS = rule().idleTimeoutS();
    long hardNs = hardS == 0 ? Long.MAX_VALUE : changedNs + hardS * NS_PER_S;
    return idleS == 0 ? hardNs : Math.min(hardNs, usedNs(programs) + idleS * NS_PER_S);
  }

  /** Whether it is time for it to go; null if not. */
  @Nullable ExpiryReason expiry(long nowNs, List<FlowProgram> programs) {
    long hardS = rule().hardTimeoutS();
    long idleS = rule().idleTimeoutS();
    if (hardS != 0 && nowNs - changedNs >= hardS * NS_PER_S) {
      return ExpiryReason.HARD_TIMEOUT;
    }
    boolean idle = idleS != 0 && nowNs - usedNs(programs) >= idleS * NS_PER_S;
    return idle ? ExpiryReason.IDLE_TIMEOUT : null;
  }

  FlowEntry entry(List<FlowProgram> programs) {
    long nowNs = System.nanoTime();
    return new FlowEntry(
        id(),
        rule(),
        packets(programs),
        bytes(programs),
        (nowNs - addedNs) / 1_000_000,
        Math.max(0, nowNs - usedNs(programs)) / 1_000_000);
  }
}
