using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Monitor.Events;

namespace Monitor.Server;

/// <summary>Puts the metrics into a server.</summary>
internal static class MetricsSetup
{
    public static void AddServices(IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<MonitorServerOptions>().Metrics;
            return new NetworkCounts(provider.GetRequiredService<EventLog>(), options.Labels, options.MaxSeries);
        });
        services.AddHostedService<NetworkFollower>();
        services.AddSingleton<RequestMeter>();
        services.AddSingleton<StateReader>();
        services.AddSingleton<PrometheusPage>();
        if (OtlpVariables.AreSet)
        {
            services.AddHostedService<OtlpExport>();
        }
    }

    /// <summary>Goes behind routing.</summary>
    public static void Use(WebApplication app)
    {
        var meter = app.Services.GetRequiredService<RequestMeter>();
        app.Use(meter.MeasureAsync);
    }
}
