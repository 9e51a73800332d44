// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import org.junit.jupiter.api.Test;

class FrameBatchTest {
  private static final byte PUBLISHED = (byte) Outcome.WRITTEN_THROUGH.ordinal();

  private static FrameBatch ofOwners(int... owners) {
    FrameBatch batch = new FrameBatch();
    for (int owner : owners) {
      batch.add(0, 60, 0, owner, (byte) 0);
    }
    return batch;
  }

  @Test
  void anOwnersRunEndsAtTheFirstFrameOfAnother() {
    FrameBatch batch = ofOwners(4, 4, 4, 6, 4);

    assertThat(batch.ownerEnd(0, 5)).isEqualTo(3);
    assertThat(batch.ownerEnd(0, 2)).isEqualTo(2);
    assertThat(batch.ownerEnd(3, 5)).isEqualTo(4);
    assertThat(batch.ownerEnd(4, 5)).isEqualTo(5);
  }

  @Test
  void framesThatASelectionLeavesOutDoNotEndItsRun() {
    FrameBatch batch = ofOwners(4, 6, 4, 6, 6);

    assertThat(batch.ownerEnd(new int[] {0, 2, 3}, 0, 3)).isEqualTo(2);
    assertThat(batch.ownerEnd(new int[] {9, 2, 3, 4}, 1, 4)).isEqualTo(2);
    assertThat(batch.ownerEnd(new int[] {9, 9, 3, 4}, 2, 4)).isEqualTo(4);
  }

  @Test
  void bytesAndTheShortestFrameFollowChanges() {
    FrameBatch batch = ofOwners(4, 4);
    assertThat(batch.bytes()).isEqualTo(120);
    batch.add(0, 20, 0, 4, (byte) 0);
    assertThat(batch.bytes()).isEqualTo(140);
    assertThat(batch.shortest()).isEqualTo(20);
    batch.setLength(2, 64);
    assertThat(batch.bytes(new int[] {0, 1, 2}, 0, 3)).isEqualTo(184);
    assertThat(batch.bytes(new int[] {0, 2}, 1, 2)).isEqualTo(64);
    assertThat(batch.shortest()).isEqualTo(60);
    batch.clear();
    batch.add(0, 70, 0, 4, (byte) 0);
    batch.add(0, 71, 0, 4, (byte) 0);
    batch.add(0, 72, 0, 4, (byte) 0);
    assertThat(batch.bytes()).as("as many frames as before").isEqualTo(213);
    assertThat(batch.shortest()).isEqualTo(70);
  }

  @Test
  void onlySelectedFramesArePublished() {
    FrameBatch batch = ofOwners(4, 4, 4, 4);

    batch.publishedInPlace(new int[] {0, 2}, 0, 2);

    assertThat(batch.taken).startsWith(true, false, true, false);
    assertThat(batch.outcome).startsWith(PUBLISHED, (byte) 0, PUBLISHED, (byte) 0);
    assertThat(batch.isAllTaken()).isFalse();

    batch.publishedInPlace(new int[] {1, 3}, 0, 2);
    assertThat(batch.isAllTaken()).isTrue();
  }

  @Test
  void aRunThatIsGivenBackEndsWhereAFrameWasKept() {
    FrameBatch batch = ofOwners(0, 0, 0, 0, 4);
    assertThat(batch.releaseEnd(0)).isEqualTo(4);

    batch.take(2);

    assertThat(batch.releaseEnd(0)).isEqualTo(2);
    assertThat(batch.releaseEnd(2)).isEqualTo(3);
    assertThat(batch.releaseEnd(3)).isEqualTo(4);
    assertThat(batch.releaseEnd(4)).isEqualTo(5);
  }

  @Test
  void anEmptiedBatchHasNothingTaken() {
    FrameBatch batch = ofOwners(0);
    batch.take(0);
    batch.clear();
    batch.add(0, 60, 0, 0, (byte) 0);

    assertThat(batch.taken[0]).isFalse();
    assertThat(batch.isAllTaken()).isFalse();
  }
}
