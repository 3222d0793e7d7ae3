/* The trace of what a run did to one directory, written by watch.c: records in the host's
 * byte order, one after another, each a struct oplog and then its three texts. Paths are relative to the directory
 * ("." is the directory itself). */
#ifndef FAULT_OPLOG_H
#define FAULT_OPLOG_H

#include "base/base.h"

enum oplog_op {
	OP_CREATE,	/* path: a file appeared, or one was emptied (len = 1) */
	OP_MKDIR,	/* path */
	OP_WRITE,	/* path, off, data */
	OP_TRUNCATE,	/* path, off = its size then */
	OP_SYNC,	/* path: a file or a directory; off = 1: all there is */
	OP_RENAME,	/* path -> other */
	OP_UNLINK,	/* path */
	OP_RMDIR,	/* path */
	OP_ANSWER,	/* core sent something to whoever asked; of others, data: what the command said */
	OP_KINDS
};

struct oplog {
	u32 op;
	u32 core;	/* 1: role core did it, 0: another process */
	u64 off;
	u32 path, other, len;	/* bytes that follow */
	u32 pad;
};

#endif
