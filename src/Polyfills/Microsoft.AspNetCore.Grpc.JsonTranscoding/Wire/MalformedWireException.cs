namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

/// <summary>Bytes that a serializer produced are not a message of the type that the descriptor says.</summary>
internal sealed class MalformedWireException(string message) : Exception(message);
