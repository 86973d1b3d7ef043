namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>The body of a request is larger than MaxReceiveMessageSize: RESOURCE_EXHAUSTED, 413.</summary>
internal sealed class RequestTooLargeException(int limit) : Exception(
    $"The request body is larger than {limit} bytes, the largest that the server accepts. Send less at once.");
