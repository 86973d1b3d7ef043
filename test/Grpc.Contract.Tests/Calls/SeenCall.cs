using Grpc.Core;

namespace Grpc.Contract.Tests.Calls;

/// <summary>A call as the service saw it.</summary>
internal sealed record SeenCall(
    string Method,
    string Peer,
    DateTime Deadline,
    Metadata Headers,
    string Encoding,
    IReadOnlyList<string> Notes,
    bool IsCancelled);
