// SPDX-License-Identifier: Apache-2.0
/**
 * Capture files: reading pcap (both byte orders, micro- and nanoseconds) and pcapng, writing pcap,
 * and the port whose frames end in a file.
 *
 * <p>A file that is read is untrusted: every length is checked against a named limit before memory
 * is allocated for it, and each error names the file and the offset. Files are read when a port is
 * opened (control thread), and written by a thread of their own; poll threads only put frames on
 * its wires.
 */
@NullMarked
package io.iovtee.vswitch.nic.pcap;

import org.jspecify.annotations.NullMarked;
