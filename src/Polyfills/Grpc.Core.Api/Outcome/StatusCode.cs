namespace Grpc.Core;

/// <summary>
/// What became of a call: the canonical codes of gRPC. The numbers go over the wire in <c>grpc-status</c>.
/// </summary>
public enum StatusCode
{
    /// <summary>Success.</summary>
    OK = 0,

    /// <summary>Cancelled, as a rule by the caller.</summary>
    Cancelled = 1,

    /// <summary>A failure that nothing is known about, such as an exception that a handler let through.</summary>
    Unknown = 2,

    /// <summary>The request is wrong in itself, whatever the state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed first. The operation may have taken effect all the same.</summary>
    DeadlineExceeded = 4,

    /// <summary>Something that the request names does not exist.</summary>
    NotFound = 5,

    /// <summary>Something that the request would create exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota, memory or a size limit is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>The server is not in the state that the operation needs; retrying alone does not help.</summary>
    FailedPrecondition = 9,

    /// <summary>Aborted, as a rule by a conflict with another operation; retry at a higher level.</summary>
    Aborted = 10,

    /// <summary>The request reaches past a valid range that depends on the state of the server.</summary>
    OutOfRange = 11,

    /// <summary>The server has no such method, or cannot do this.</summary>
    Unimplemented = 12,

    /// <summary>An invariant is broken, in the server or in the protocol.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached or does not serve just now; retry with a back-off.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or damaged for good.</summary>
    DataLoss = 15,

    /// <summary>The caller's credentials are missing or not valid.</summary>
    Unauthenticated = 16,
}
