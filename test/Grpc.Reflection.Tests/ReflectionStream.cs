using Google.Protobuf;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Grpc.Reflection.Tests;

/// <summary>
/// A stream of questions in either version, told in the messages of v1: the two are the same on the wire, so that one
/// becomes the other by its bytes.
/// </summary>
internal sealed class ReflectionStream : IDisposable
{
    private readonly AsyncDuplexStreamingCall<byte[], byte[]> _call;

    public ReflectionStream(ChannelBase channel, ReflectionVersion version, CancellationToken cancellationToken)
    {
        var service = version == ReflectionVersion.V1
            ? ServerReflection.Descriptor.FullName
            : V1Alpha.ServerReflection.Descriptor.FullName;
        var bytes = Marshallers.Create(value => value, value => value);
        _call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(
            new Method<byte[], byte[]>(MethodType.DuplexStreaming, service, "ServerReflectionInfo", bytes, bytes),
            null,
            new CallOptions(cancellationToken: cancellationToken));
    }

    /// <summary>Asks and waits for the answer.</summary>
    public async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest request)
    {
        await _call.RequestStream.WriteAsync(request.ToByteArray());
        return await NextAsync() ?? throw new InvalidOperationException("The server ended the stream.");
    }

    /// <summary>Sends a question whose bytes may be anything.</summary>
    public Task SendAsync(byte[] request) => _call.RequestStream.WriteAsync(request);

    /// <summary>The next answer; null at the end of the stream.</summary>
    public async Task<ServerReflectionResponse?> NextAsync() =>
        await _call.ResponseStream.MoveNext()
            ? ServerReflectionResponse.Parser.ParseFrom(_call.ResponseStream.Current)
            : null;

    public Task EndAsync() => _call.RequestStream.CompleteAsync();

    public Status Status => _call.GetStatus();

    public void Dispose() => _call.Dispose();
}
