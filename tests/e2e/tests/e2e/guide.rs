//! The three scenarios of the broker's guide.

use anyhow::Result;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::camera::Camera;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{SUPPORT, Seat, guide};

use crate::support::assert_asked_for;

crate::in_each_browser!(used_in_time, expired_then_a_new_click, replaced_by_a_newer_one);

async fn used_in_time(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    guide::valid(&lab, &seat, &Camera::default()).await?;
    assert_asked_for(&lab, &[CUSTOMERS[0].0]);
    Ok(())
}

async fn expired_then_a_new_click(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    guide::expired(&lab, &seat, &Camera::default()).await?;
    assert_asked_for(&lab, &[CUSTOMERS[1].0, CUSTOMERS[1].0]);
    Ok(())
}

async fn replaced_by_a_newer_one(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let slower = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let faster = Seat::enrolled(&lab, kind, SUPPORT[1]).await?;
    guide::regenerated(&lab, [&slower, &faster], &Camera::default()).await?;
    assert_asked_for(&lab, &[CUSTOMERS[2].0, CUSTOMERS[2].0]);
    Ok(())
}
