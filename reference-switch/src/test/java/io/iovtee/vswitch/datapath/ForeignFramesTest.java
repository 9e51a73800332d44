// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.DropReason;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.memory.HostPool;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ForeignFramesTest {
  private static final int PAGE = 4096;
  private static final int BYTES = 64 * PAGE;
  private static final int LENGTH = 300;
  private static final int LENDER = 7;

  private final Fd file = Memfd.create("foreign-frames", BYTES);
  private final Mmap memory = Mmap.shared(file, 0, BYTES, true);
  private final List<Integer> blamed = new ArrayList<>();
  private final ForeignFrames foreign = new ForeignFrames(blamed::add);
  private final FrameBatch batch = new FrameBatch();
  private final int[] index = new int[FrameBatch.CAPACITY];

  /** Frame i has a page of its own, each byte i + 1; all are selected, and were classified. */
  private void frames(int count, int length) {
    for (int i = 0; i < count; i++) {
      long at = memory.address() + (long) i * PAGE;
      AddressSpace.fill(at, length, (byte) (i + 1));
      batch.add(at, length, i, OwnerIds.receive(LENDER, 0), (byte) 0);
      batch.capture(i, FrameBatch.FIRST_CAPTURE);
      index[i] = i;
    }
  }

  private void assertFetched(int i) {
    byte[] fetched = new byte[LENGTH];
    AddressSpace.copyToArray(foreign.address()[i], fetched, 0, LENGTH);
    assertThat(fetched).containsOnly(i + 1);
  }

  @AfterEach
  void release() {
    memory.close();
    file.close();
  }

  @Test
  void framesLieApartAsTheyWereClassified() {
    frames(ForeignFrames.SLOTS + 8, LENGTH);
    for (int i = 0; i < batch.count; i++) {
      AddressSpace.fill(memory.address() + (long) i * PAGE, FrameBatch.FIRST_CAPTURE, (byte) -1);
    }
    int end = foreign.fetch(batch, index, 0, batch.count);
    assertThat(end).isEqualTo(ForeignFrames.SLOTS);
    for (int i = 0; i < end; i++) {
      assertFetched(i);
    }
    assertThat(foreign.fetch(batch, index, end, batch.count)).isEqualTo(batch.count);
    for (int i = end; i < batch.count; i++) {
      assertFetched(i);
    }
    assertThat(blamed).isEmpty();
  }

  /** Whoever chooses a queue pair by the flow must not have to look there again. */
  @Test
  void ofFramesThatNobodyLookedAtTheFlowIsKnownFromThen() {
    frames(2, LENGTH);
    int flow = batch.flowHash(1);
    batch.needNoSnapshots();
    assertThat(foreign.fetch(batch, index, 0, 2)).isEqualTo(2);
    AddressSpace.fill(memory.address() + PAGE, LENGTH, (byte) -1);
    assertThat(batch.flowHash(1)).isEqualTo(flow);
    assertFetched(1);
  }

  @Test
  void aFaultIsTheLendersAndCostsWhatIsLeftOfIt() {
    frames(ForeignFrames.SLOTS + 8, LENGTH);
    Memfd.truncate(file, 5 * PAGE);
    assertThat(foreign.fetch(batch, index, 0, batch.count)).isEqualTo(5);
    assertThat(blamed).containsExactly(LENDER);
    for (int i = 0; i < batch.count; i++) {
      int reason = i < 5 ? 0 : DropReason.MEMORY_FAULT.ordinal();
      assertThat(batch.dropReason[i]).as("frame %d", i).isEqualTo((byte) reason);
    }
    assertFetched(4);
  }

  /** No queue receives such frames; if one did, they would be written over others' slots. */
  @Test
  void aFrameLongerThanASlotIsNotFetched() {
    frames(2, HostPool.CHUNK_SIZE + 1);
    assertThatThrownBy(() -> foreign.fetch(batch, index, 0, 2))
        .hasMessageContaining(Integer.toString(HostPool.CHUNK_SIZE + 1));
  }
}
