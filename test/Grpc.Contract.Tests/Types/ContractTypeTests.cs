using System.IO.Compression;
using Grpc.Contract.Tests.Protos;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Contract.Tests.Types;

/// <summary>What no reference shows: values of enums, variance, defaults of virtual members, text.</summary>
public sealed class ContractTypeTests
{
    [TestCase(typeof(MethodType), "Unary=0,ClientStreaming=1,ServerStreaming=2,DuplexStreaming=3")]
    [TestCase(typeof(WriteFlags), "BufferHint=1,NoCompress=2")]
    [TestCase(typeof(ConnectivityState), "Idle=0,Connecting=1,Ready=2,TransientFailure=3,Shutdown=4")]
    [TestCase(
        typeof(StatusCode),
        "OK=0,Cancelled=1,Unknown=2,InvalidArgument=3,DeadlineExceeded=4,NotFound=5,AlreadyExists=6," +
        "PermissionDenied=7,ResourceExhausted=8,FailedPrecondition=9,Aborted=10,OutOfRange=11,Unimplemented=12," +
        "Internal=13,Unavailable=14,DataLoss=15,Unauthenticated=16")]
    public void Enum_Values_AreThoseOfThePackage(Type type, string values) =>
        Assert.That(
            string.Join(",", Enum.GetNames(type).Select(name => $"{name}={(int)Enum.Parse(type, name)}")),
            Is.EqualTo(values));

    [TestCase(typeof(IAsyncStreamReader<string>), typeof(IAsyncStreamReader<object>))]
    [TestCase(typeof(IClientStreamWriter<object>), typeof(IAsyncStreamWriter<string>))]
    [TestCase(typeof(IServerStreamWriter<object>), typeof(IServerStreamWriter<string>))]
    public void Stream_OfAnotherType_IsVariant(Type from, Type to) =>
        Assert.That(from.IsAssignableTo(to), Is.True);

    [Test]
    public void Status_AsText_HasAllParts() =>
        Assert.Multiple(() =>
        {
            Assert.That(
                new Status(StatusCode.NotFound, "gone").ToString(),
                Is.EqualTo("Status(StatusCode=\"NotFound\", Detail=\"gone\")"));
            Assert.That(
                new Status(StatusCode.Internal, "", new IOException("broken")).ToString(),
                Is.EqualTo(
                    "Status(StatusCode=\"Internal\", Detail=\"\", DebugException=\"System.IO.IOException: broken\")"));
        });

    [Test]
    public void RpcException_Parts_AreKept()
    {
        var cause = new IOException();
        var trailers = new Metadata();
        var exception = new RpcException(new Status(StatusCode.Aborted, "d", cause), trailers, "message");

        Assert.Multiple(() =>
        {
            Assert.That(exception.Message, Is.EqualTo("message"));
            Assert.That(exception.InnerException, Is.SameAs(cause));
            Assert.That(exception.Trailers, Is.SameAs(trailers));
            Assert.That(new RpcException(new Status()).Trailers, Is.SameAs(Metadata.Empty));
        });
    }

    [Test]
    public void CallOptions_WithMethods_ChangeACopy()
    {
        var original = new CallOptions(deadline: DateTime.UnixEpoch);

        var changed = original.WithDeadline(DateTime.MaxValue).WithWaitForReady().WithHeaders([]);

        Assert.Multiple(() =>
        {
            Assert.That(original.Deadline, Is.EqualTo(DateTime.UnixEpoch));
            Assert.That(original.Headers, Is.Null);
            Assert.That(original.IsWaitForReady, Is.False);
            Assert.That(changed.Deadline, Is.EqualTo(DateTime.MaxValue));
            Assert.That(changed.Headers, Is.Empty);
            Assert.That(changed.IsWaitForReady, Is.True);
        });
    }

    [Test]
    public void Marshaller_OnArrays_WorksOnContexts()
    {
        var written = new ArrayContext();
        Marshallers.StringMarshaller.ContextualSerializer("grüß", written);
        var given = new GivenContext(written.Payload);

        Assert.Multiple(() =>
        {
            Assert.That(Marshallers.StringMarshaller.ContextualDeserializer(given), Is.EqualTo("grüß"));
            Assert.That(Marshallers.StringMarshaller.Deserializer(written.Payload), Is.EqualTo("grüß"));
        });
    }

    [Test]
    public void Marshaller_OnContexts_HasNoArrays()
    {
        var marshaller = Marshallers.Create<string>((_, context) => context.Complete(), _ => "");

        Assert.Multiple(() =>
        {
            Assert.That(() => marshaller.Serializer(""), Throws.TypeOf<NotImplementedException>());
            Assert.That(() => marshaller.Deserializer([]), Throws.TypeOf<NotImplementedException>());
        });
    }

    [Test]
    public void Contexts_NotOverridden_ThrowExceptForTheLength()
    {
        SerializationContext writing = new ArrayContext();
        DeserializationContext reading = new GivenContext([]);

        Assert.Multiple(() =>
        {
            Assert.That(() => writing.SetPayloadLength(1), Throws.Nothing);
            Assert.That(writing.Complete, Throws.TypeOf<NotImplementedException>());
            Assert.That(writing.GetBufferWriter, Throws.TypeOf<NotImplementedException>());
            Assert.That(() => reading.PayloadAsReadOnlySequence(), Throws.TypeOf<NotImplementedException>());
        });
    }

    [Test]
    public void StreamWriter_CancellableWriteNotOverridden_Throws()
    {
        IAsyncStreamWriter<string> writer = new PlainWriter();
        using var cancellation = new CancellationTokenSource();

        Assert.Multiple(() =>
        {
            Assert.That(() => writer.WriteAsync("a", CancellationToken.None), Throws.Nothing);
            Assert.That(() => writer.WriteAsync("a", cancellation.Token), Throws.TypeOf<NotSupportedException>());
        });
    }

    [Test]
    public void ServiceDefinition_Bound_AnnouncesItsMethods()
    {
        var binder = new NameBinder();
        Probe.BindService(new Service()).BindService(binder);

        Assert.That(binder.Names, Is.EqualTo(new[] { "Echo", "Sum", "Count", "Double", "Hang", "Fail" }));
    }

    [Test]
    public void ServiceDefinition_MethodTwice_Throws()
    {
        var method = new Method<string, string>(
            MethodType.Unary, "s", "m", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        UnaryServerMethod<string, string> handler = (request, _) => Task.FromResult(request);
        var builder = ServerServiceDefinition.CreateBuilder().AddMethod(method, handler);

        Assert.That(() => builder.AddMethod(method, handler), Throws.ArgumentException);
    }

    [Test]
    public void Client_WithHost_AsksForIt()
    {
        var invoker = new HostInvoker();
        new Probe.ProbeClient(invoker).WithHost("other.example").Echo(new Message());

        Assert.That(invoker.Host, Is.EqualTo("other.example"));
    }

    [Test]
    public void Composition_OfOneCredential_Throws() =>
        Assert.That(
            () => CallCredentials.Compose(CallCredentials.FromInterceptor((_, _) => Task.CompletedTask)),
            Throws.ArgumentException);

    // "deflate" in HTTP is the zlib format, RFC 1950: two bytes of header, the first 0x78 for a 32 KiB window.
    [Test]
    public void Deflate_Stream_IsZlib()
    {
        var provider = new DeflateCompressionProvider(CompressionLevel.Fastest);
        var bytes = new MemoryStream();
        using (var stream = provider.CreateCompressionStream(bytes, null))
        {
            stream.Write("hello"u8);
        }

        Assert.That(bytes.ToArray()[0], Is.EqualTo(0x78));
    }

    private sealed class ArrayContext : SerializationContext
    {
        public byte[] Payload { get; private set; } = [];

        public override void Complete(byte[] payload) => Payload = payload;
    }

    private sealed class GivenContext(byte[] payload) : DeserializationContext
    {
        public override int PayloadLength => payload.Length;

        public override byte[] PayloadAsNewBuffer() => payload;
    }

    private sealed class PlainWriter : IAsyncStreamWriter<string>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(string message) => Task.CompletedTask;
    }

    private sealed class Service : Probe.ProbeBase;

    private sealed class NameBinder : ServiceBinderBase
    {
        public List<string> Names { get; } = [];

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            Names.Add(method.Name);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
            Names.Add(method.Name);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            Names.Add(method.Name);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            Names.Add(method.Name);
    }

    private sealed class HostInvoker : CallInvoker
    {
        public string? Host { get; private set; }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        {
            Host = host;
            return null!;
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) =>
            throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) =>
            throw new NotSupportedException();
    }
}
