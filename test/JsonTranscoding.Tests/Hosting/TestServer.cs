using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JsonTranscoding.Tests.Hosting;

/// <summary>A real server on a loopback port, and a client for it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly CollectingLoggerProvider _log;

    private TestServer(WebApplication application, CollectingLoggerProvider log)
    {
        _application = application;
        _log = log;
        Client = new HttpClient { BaseAddress = new Uri(application.Urls.First()), Timeout = TimeSpan.FromSeconds(30) };
    }

    public HttpClient Client { get; }

    public IServiceProvider Services => _application.Services;

    public IReadOnlyCollection<(LogLevel Level, string Category, string Message)> Log => _log.Entries;

    public static Task<TestServer> StartAsync(
        Action<GrpcJsonTranscodingOptions>? transcoding = null,
        Action<GrpcServiceOptions>? grpc = null,
        Action<IServiceCollection>? services = null) =>
        StartAsync<LibraryService>(transcoding, grpc, services);

    public static async Task<TestServer> StartAsync<TService>(
        Action<GrpcJsonTranscodingOptions>? transcoding = null,
        Action<GrpcServiceOptions>? grpc = null,
        Action<IServiceCollection>? services = null)
        where TService : class
    {
        var log = new CollectingLoggerProvider();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(log);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(2));
        var server = builder.Services.AddGrpc(grpc ?? (_ => { }));
        if (transcoding is null)
        {
            server.AddJsonTranscoding();
        }
        else
        {
            server.AddJsonTranscoding(transcoding);
        }

        builder.Services.AddSingleton<ServiceProbe>();
        services?.Invoke(builder.Services);
        var application = builder.Build();
        application.MapGrpcService<TService>();
        await application.StartAsync();
        return new TestServer(application, log);
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Client.GetAsync(path);

    /// <summary>Gets JSON from a path that must answer 200.</summary>
    public async Task<JsonNode> GetJsonAsync(string path)
    {
        using var response = await Client.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), text);
        return JsonNode.Parse(text)!;
    }

    /// <summary>Posts JSON to a path that must answer 200.</summary>
    public async Task<JsonNode> PostJsonAsync(string path, string json)
    {
        using var response = await SendAsync(HttpMethod.Post, path, json);
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), text);
        return JsonNode.Parse(text)!;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        return await Client.SendAsync(request);
    }

    /// <summary>The message of an answer that must be a google.rpc.Status of this code.</summary>
    public static async Task<string> ErrorAsync(HttpResponseMessage response, HttpStatusCode http, int code)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(http), text);
        var status = JsonNode.Parse(text)!;
        Assert.That(status["code"]!.GetValue<int>(), Is.EqualTo(code), text);
        return status["message"]!.GetValue<string>();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
