/// What lvm2 2.03.16 printed in the guest, wrapped at commas.
enum RecordedReports {
  /// `lvs` of a group with a linear volume, a pool, two thin volumes and a snapshot of ours that isn't active.
  static let volumes = """
    {
        "report": [
            {
                "lv": [
                    {"vg_name":"vg-a.b", "vg_uuid":"ga5JVL-AqAv-XxOy-C2Db-Bflk-8gBS-H9BwiM", "vg_seqno":"11",
                     "lv_name":"plain", "lv_uuid":"glDGfa-198o-pfUA-Llzh-gCJs-M4Dg-2ek4DT",
                     "lv_size":"8388608", "segtype":"linear", "lv_active":"active", "lv_suspended":"",
                     "lv_device_open":"", "lv_attr":"-wi-a-----", "lv_skip_activation":"",
                     "lv_health_status":"", "lv_check_needed":"unknown", "chunk_size":"0", "data_percent":"",
                     "metadata_percent":"", "lv_metadata_size":"", "transaction_id":"", "pool_lv":"",
                     "pool_lv_uuid":"", "origin":"", "origin_uuid":"", "thin_id":"", "lv_time":"1795370470",
                     "lv_tags":""},
                    {"vg_name":"vg-a.b", "vg_uuid":"ga5JVL-AqAv-XxOy-C2Db-Bflk-8gBS-H9BwiM", "vg_seqno":"11",
                     "lv_name":"po-ol", "lv_uuid":"oHkOHh-XW2U-L8LA-IU5b-WR7d-Ukjr-igSFrX",
                     "lv_size":"67108864", "segtype":"thin-pool", "lv_active":"active", "lv_suspended":"",
                     "lv_device_open":"open", "lv_attr":"twi-aotz--", "lv_skip_activation":"",
                     "lv_health_status":"", "lv_check_needed":"", "chunk_size":"65536", "data_percent":"6.25",
                     "metadata_percent":"11.04", "lv_metadata_size":"4194304", "transaction_id":"3",
                     "pool_lv":"", "pool_lv_uuid":"", "origin":"", "origin_uuid":"", "thin_id":"",
                     "lv_time":"1795370465", "lv_tags":""},
                    {"vg_name":"vg-a.b", "vg_uuid":"ga5JVL-AqAv-XxOy-C2Db-Bflk-8gBS-H9BwiM", "vg_seqno":"11",
                     "lv_name":"vm-1-a", "lv_uuid":"7JQA8K-gIPT-aUAO-IHlW-pyeS-kYF6-IGsjn4",
                     "lv_size":"41943040", "segtype":"thin", "lv_active":"active", "lv_suspended":"",
                     "lv_device_open":"", "lv_attr":"Vwi-a-tz--", "lv_skip_activation":"",
                     "lv_health_status":"", "lv_check_needed":"unknown", "chunk_size":"0",
                     "data_percent":"10.00", "metadata_percent":"", "lv_metadata_size":"",
                     "transaction_id":"0", "pool_lv":"po-ol",
                     "pool_lv_uuid":"oHkOHh-XW2U-L8LA-IU5b-WR7d-Ukjr-igSFrX", "origin":"", "origin_uuid":"",
                     "thin_id":"1", "lv_time":"1795370467", "lv_tags":""},
                    {"vg_name":"vg-a.b", "vg_uuid":"ga5JVL-AqAv-XxOy-C2Db-Bflk-8gBS-H9BwiM", "vg_seqno":"11",
                     "lv_name":"vm-1-a_snap_20261122_0300", "lv_uuid":"qekHWA-dN7D-4yG0-VIsg-W6L6-L35C-TP5XIr",
                     "lv_size":"41943040", "segtype":"thin", "lv_active":"", "lv_suspended":"unknown",
                     "lv_device_open":"unknown", "lv_attr":"Vri---tz-k",
                     "lv_skip_activation":"skip activation", "lv_health_status":"",
                     "lv_check_needed":"unknown", "chunk_size":"0", "data_percent":"", "metadata_percent":"",
                     "lv_metadata_size":"", "transaction_id":"2", "pool_lv":"po-ol",
                     "pool_lv_uuid":"oHkOHh-XW2U-L8LA-IU5b-WR7d-Ukjr-igSFrX", "origin":"vm-1-a",
                     "origin_uuid":"7JQA8K-gIPT-aUAO-IHlW-pyeS-kYF6-IGsjn4", "thin_id":"3",
                     "lv_time":"1795370472", "lv_tags":"backupctl,backupctl.origin=vm-1-a,backupctl.run=a#20b"},
                    {"vg_name":"vg-a.b", "vg_uuid":"ga5JVL-AqAv-XxOy-C2Db-Bflk-8gBS-H9BwiM", "vg_seqno":"11",
                     "lv_name":"vm-1-b", "lv_uuid":"CB7dqF-1Klx-16eR-8srL-d9zF-RCVq-ruYpoZ",
                     "lv_size":"41943040", "segtype":"thin", "lv_active":"active", "lv_suspended":"",
                     "lv_device_open":"", "lv_attr":"Vwi-a-tz--", "lv_skip_activation":"",
                     "lv_health_status":"", "lv_check_needed":"unknown", "chunk_size":"0",
                     "data_percent":"0.00", "metadata_percent":"", "lv_metadata_size":"", "transaction_id":"1",
                     "pool_lv":"po-ol", "pool_lv_uuid":"oHkOHh-XW2U-L8LA-IU5b-WR7d-Ukjr-igSFrX", "origin":"",
                     "origin_uuid":"", "thin_id":"2", "lv_time":"1795370469", "lv_tags":""}
                ]
            }
        ]
    }
    """

  /// `lvs --select` with a selection that matches nothing.
  static let nothing = """
    {
        "report": [
            {
                "lv": [
                ]
            }
        ]
    }
    """
}
