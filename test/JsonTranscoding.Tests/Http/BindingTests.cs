using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using JsonTranscoding.Tests.Hosting;
using JsonTranscoding.Tests.Protos;
using Microsoft.Extensions.DependencyInjection;

namespace JsonTranscoding.Tests.Http;

/// <summary>How services are found, made and wrapped.</summary>
internal sealed class BindingTests
{
    [Test]
    public async Task Interceptors_Run_GlobalBeforeTheServices()
    {
        await using var server = await TestServer.StartAsync(
            grpc: g => g.Interceptors.Add<Tracer>("global"),
            services: s => s.Configure<GrpcServiceOptions<LibraryService>>(o => o.Interceptors.Add<Tracer>("service")));
        await server.GetJsonAsync("/v1/query");
        using var stream = await server.GetAsync("/v1/stream?count=1");

        Assert.That(server.Services.GetRequiredService<ServiceProbe>().Trace, Is.EqualTo(new[]
        {
            "global /transcoding.tests.Library/Query", "service /transcoding.tests.Library/Query",
            "global /transcoding.tests.Library/Stream", "service /transcoding.tests.Library/Stream",
        }));
    }

    [Test]
    public async Task Service_OfADerivedType_IsServed()
    {
        await using var server = await TestServer.StartAsync<DerivedService>();

        Assert.That((await server.GetJsonAsync("/v1/shelves/1/books/2"))["title"]!.GetValue<string>(), Is.EqualTo("derived"));
    }

    [Test]
    public async Task Service_IsMadeAndDisposedForEachCall()
    {
        await using var server = await TestServer.StartAsync<DisposableService>();
        await server.GetJsonAsync("/v1/shelves/1/books/2");
        await server.GetJsonAsync("/v1/shelves/1/books/2");

        Assert.That(server.Services.GetRequiredService<ServiceProbe>().Trace, Is.EqualTo(new[] { "made", "disposed", "made", "disposed" }));
    }

    [Test]
    public async Task Service_WithItsOwnBinderAndMarshaller_AnswersRawBytes()
    {
        await using var server = await TestServer.StartAsync<ServedRawService>();

        Assert.That((await server.GetJsonAsync("/v1/shelves/1/books/2")).ToJsonString(), Is.EqualTo("""{"name":"raw","title":"shelves/1/books/2"}"""));
        using var stream = await server.GetAsync("/v1/stream?count=2");
        Assert.That(await stream.Content.ReadAsStringAsync(), Is.EqualTo("{\"number\":1,\"text\":\"\"}\n{\"number\":2,\"text\":\"\"}\n"));
    }

    [Test]
    public async Task Service_WhoseMarshallerWritesNoMessage_Answers500Internal()
    {
        await using var server = await TestServer.StartAsync<ServedRawService>();
        using var response = await server.GetAsync("/v1/shelves/broken/books/2");

        Assert.That(
            await TestServer.ErrorAsync(response, System.Net.HttpStatusCode.InternalServerError, 13),
            Does.Contain("/transcoding.tests.Library/GetBook").And.Contain("cannot be written as JSON"));
    }

    private sealed class Tracer(ServiceProbe probe, string name) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            probe.Trace.Enqueue($"{name} {context.Method}");
            return continuation(request, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            probe.Trace.Enqueue($"{name} {context.Method}");
            return continuation(request, responseStream, context);
        }
    }

    private class BookService : Library.LibraryBase
    {
        public override Task<BookRequest> GetBook(BookRequest request, ServerCallContext context) =>
            Task.FromResult(new BookRequest { Title = "base" });
    }

    private sealed class DerivedService : BookService
    {
        public override Task<BookRequest> GetBook(BookRequest request, ServerCallContext context) =>
            Task.FromResult(new BookRequest { Title = "derived" });
    }

    private sealed class DisposableService : Library.LibraryBase, IDisposable
    {
        private readonly ServiceProbe _probe;

        public DisposableService(ServiceProbe probe)
        {
            _probe = probe;
            probe.Trace.Enqueue("made");
        }

        public override Task<BookRequest> GetBook(BookRequest request, ServerCallContext context) => Task.FromResult(request);

        public void Dispose() => _probe.Trace.Enqueue("disposed");
    }

    /// <summary>Binds itself: responses are encoded already.</summary>
    [BindServiceMethod(typeof(RawBinder), nameof(RawBinder.BindService))]
    private class RawService : Library.LibraryBase
    {
        public virtual new Task<byte[]> GetBook(BookRequest request, ServerCallContext context) => Task.FromResult(
            request.Name.Contains("broken", StringComparison.Ordinal)
                ? [0xFF]
                : new BookRequest { Name = "raw", Title = request.Name }.ToByteArray());

        public virtual async Task Stream(StreamRequest request, IServerStreamWriter<byte[]> responseStream, ServerCallContext context)
        {
            for (var i = 1; i <= request.Count; i++)
            {
                await responseStream.WriteAsync(new StreamResponse { Number = i }.ToByteArray());
            }
        }
    }

    private sealed class ServedRawService : RawService;

    /// <summary>Has no descriptor: that of the base type's binder is the service's.</summary>
    private static class RawBinder
    {
        private static readonly Marshaller<byte[]> Raw = Marshallers.Create<byte[]>((bytes, context) => context.Complete(bytes), c => c.PayloadAsNewBuffer());

        public static void BindService(ServiceBinderBase binder, RawService? service)
        {
            binder.AddMethod(
                new Method<BookRequest, byte[]>(
                    MethodType.Unary, "transcoding.tests.Library", "GetBook",
                    Marshallers.Create(m => m.ToByteArray(), BookRequest.Parser.ParseFrom), Raw),
                service is null ? null : new UnaryServerMethod<BookRequest, byte[]>(service.GetBook));
            binder.AddMethod(
                new Method<StreamRequest, byte[]>(
                    MethodType.ServerStreaming, "transcoding.tests.Library", "Stream",
                    Marshallers.Create(m => m.ToByteArray(), StreamRequest.Parser.ParseFrom), Raw),
                service is null ? null : new ServerStreamingServerMethod<StreamRequest, byte[]>(service.Stream));
        }
    }
}
