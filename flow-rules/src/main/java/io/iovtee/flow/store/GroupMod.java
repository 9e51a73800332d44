// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.BucketDraft;
import io.iovtee.flow.BucketPlace;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import java.util.List;

/**
 * One command to the groups and meters, as OpenFlow's GROUP_MOD and METER_MOD (OpenFlow 1.3,
 * sections 6.5 and 6.6).
 */
public sealed interface GroupMod extends TableMod {

  /** Adds a group; that there is one with its id is an error. */
  record AddGroup(FlowGroup group) implements GroupMod {}

  /**
   * Puts a group in the place of the one with its id; counters begin anew.
   *
   * @param mayCreate that there is none is no error
   */
  record ModifyGroup(FlowGroup group, boolean mayCreate) implements GroupMod {}

  /** Deletes a group; that there is none, or that it is used, is an error. */
  record DeleteGroup(long id) implements GroupMod {}

  /**
   * Puts more buckets into a group; counters begin anew. That there is no such group, or no such
   * place in it, is an error.
   */
  record InsertBuckets(long id, BucketPlace place, List<BucketDraft> buckets) implements GroupMod {
    public InsertBuckets {
      buckets = List.copyOf(buckets);
    }
  }

  /**
   * Takes buckets out of a group; counters begin anew. That there is no such group, or no bucket
   * with this number, is an error.
   */
  record RemoveBuckets(long id, BucketPlace place) implements GroupMod {}

  /** Adds a meter; that there is one with its id is an error. */
  record AddMeter(FlowMeter meter) implements GroupMod {}

  /**
   * Puts a meter in the place of the one with its id; it starts with a full bucket, and counters
   * begin anew.
   *
   * @param mayCreate that there is none is no error
   */
  record ModifyMeter(FlowMeter meter, boolean mayCreate) implements GroupMod {}

  /** Deletes a meter; that there is none, or that it is used, is an error. */
  record DeleteMeter(long id) implements GroupMod {}

  /** Deletes all groups; that one is used is an error, that there is none is not. */
  record DeleteAllGroups() implements GroupMod {}

  /** Deletes all meters; that one is used is an error, that there is none is not. */
  record DeleteAllMeters() implements GroupMod {}
}
