// SPDX-License-Identifier: Apache-2.0
/**
 * Capture files: reading pcap (both byte orders, micro- and nanoseconds) and pcapng, writing pcap.
 *
 * <p>Depends on nothing but the JDK. A file is untrusted input: every length is checked against a
 * named limit before memory is allocated for it, and each error names the file and the offset.
 * Files are read when a port is opened (control thread); nothing here runs on a poll thread.
 */
@NullMarked
package io.iovtee.vswitch.nic.pcap;

import org.jspecify.annotations.NullMarked;
